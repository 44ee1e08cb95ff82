/** What the shell shares with the routes inside it. */
import { createContext, useContext } from "react";
import type { ImportState } from "../features/documents";

/** State that outlives a view. */
export interface ShellState {
  imports: ImportState;
  dragOver: boolean;
  /** Import whose results were put away. */
  dismissed: number | null;
  onDismiss: (job: number) => void;
  lock: () => void;
}

/** Provided by `Shell`. */
export const ShellContext = createContext<ShellState | null>(null);

/** The shell's state. */
export function useShell(): ShellState {
  const shell = useContext(ShellContext);
  if (shell === null) {
    throw new Error("Shell is missing");
  }
  return shell;
}
