/**
 * The commands that can be run now: views register theirs, the window's key listener, the status bar and the
 * palette read them. Messages for the status bar go the same way, so that nothing pops up over the work.
 */
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { CommandId } from "./keymap";

/** A command as a view offers it. */
export interface Command {
  id: CommandId;
  /** Whether it makes sense now. */
  enabled: boolean;
  /** Whether the status bar names it. */
  hint?: boolean;
  run: () => void;
}

/** Something else the palette can go to. */
export interface Destination {
  id: string;
  group: "companies" | "accounts" | "months";
  label: string;
  detail?: string;
  run: () => void;
}

/** A line in the status bar that stays until the next one. */
export interface Message {
  text: string;
  tone: "plain" | "wrong";
  testId?: string;
  /** Something to do about it. */
  action?: { label: string; run: () => void };
}

/** What is said of one company while another is shown; it waits until there is somebody to read it. */
export class Notices {
  private listener: ((message: Message) => void) | null = null;
  private kept: Message | null = null;

  post(message: Message) {
    if (this.listener === null) {
      this.kept = message;
    } else {
      this.listener(message);
    }
  }

  listen(listener: (message: Message) => void) {
    this.listener = listener;
    if (this.kept !== null) {
      listener(this.kept);
      this.kept = null;
    }
    return () => {
      this.listener = null;
    };
  }
}

class Store {
  private scopes = new Map<string, { commands: readonly Command[]; destinations: readonly Destination[] }>();
  private listeners = new Set<() => void>();
  private snapshot: { commands: Command[]; destinations: Destination[] } = { commands: [], destinations: [] };

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  read = () => this.snapshot;

  put(scope: string, commands: readonly Command[], destinations: readonly Destination[]) {
    this.scopes.set(scope, { commands, destinations });
    this.publish();
  }

  drop(scope: string) {
    this.scopes.delete(scope);
    this.publish();
  }

  private publish() {
    const all = [...this.scopes.values()];
    this.snapshot = {
      commands: all.flatMap((scope) => scope.commands),
      destinations: all.flatMap((scope) => scope.destinations),
    };
    for (const listener of this.listeners) {
      listener();
    }
  }
}

/** What the status bar tells about the view. */
export interface StatusInfo {
  /** Count and sums of the selection. */
  selection: string | null;
  /** What undo would take back. */
  undo: string | null;
}

/** How long a mere confirmation stays; what went wrong and what offers something stays until the next. */
const MESSAGE_MS = 8_000;

const NO_INFO: StatusInfo = { selection: null, undo: null };

/** How views speak; never changes, so that what is said renders nobody but who shows it. */
interface Registry {
  store: Store;
  inform: (info: StatusInfo) => void;
  say: (message: Message | null) => void;
}

/** What was said. */
interface Said {
  info: StatusInfo;
  message: Message | null;
}

const RegistryContext = createContext<Registry | null>(null);
const SaidContext = createContext<Said>({ info: NO_INFO, message: null });

interface ProviderProps {
  /** The company that speaks. */
  name: string;
  notices: Notices;
  children: ReactNode;
}

/**
 * Says what a company has to say: in the status bar, and once another company is shown as a notice under its name,
 * without what could be done about it in the view that is gone.
 */
function useSpeech(name: string, notices: Notices): [Message | null, (message: Message | null) => void] {
  const [message, setMessage] = useState<Message | null>(null);
  const speaker = useRef({ name, gone: false });
  speaker.current.name = name;
  useEffect(() => {
    const { current } = speaker;
    current.gone = false;
    const stop = notices.listen(setMessage);
    return () => {
      current.gone = true;
      stop();
    };
  }, [notices]);
  const say = useCallback(
    (next: Message | null) => {
      if (!speaker.current.gone) {
        setMessage(next);
      } else if (next !== null) {
        notices.post({ tone: next.tone, text: `${speaker.current.name}: ${next.text}` });
      }
    },
    [notices],
  );
  return [message, say];
}

/** Holds the commands and the message of the status bar. */
export function CommandProvider({ name, notices, children }: ProviderProps) {
  const [store] = useState(() => new Store());
  const [message, say] = useSpeech(name, notices);
  const [info, inform] = useState<StatusInfo>(NO_INFO);
  useEffect(() => {
    if (message === null || message.tone === "wrong" || message.action !== undefined) {
      return undefined;
    }
    const timer = setTimeout(() => say(null), MESSAGE_MS);
    return () => clearTimeout(timer);
  }, [message, say]);
  const registry = useMemo(() => ({ store, say, inform }), [store, say]);
  const said = useMemo(() => ({ message, info }), [message, info]);
  return (
    <RegistryContext value={registry}>
      <SaidContext value={said}>{children}</SaidContext>
    </RegistryContext>
  );
}

function useRegistry(): Registry {
  const registry = useContext(RegistryContext);
  if (registry === null) {
    throw new Error("CommandProvider is missing");
  }
  return registry;
}

/** Offers commands (and places to go) while the calling component is mounted. */
export function useCommands(
  scope: string,
  commands: readonly Command[],
  destinations: readonly Destination[] = [],
): void {
  const { store } = useRegistry();
  const latest = useRef({ commands, destinations });
  latest.current = { commands, destinations };
  // Closures change on every render; what readers see changes only with this signature.
  const signature = JSON.stringify([
    commands.map((command) => [command.id, command.enabled, command.hint ?? false]),
    destinations.map((destination) => [destination.id, destination.label]),
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for the lists behind the ref
  useEffect(() => {
    store.put(
      scope,
      latest.current.commands.map((command, at) => ({
        ...command,
        run: () => latest.current.commands[at]?.run(),
      })),
      latest.current.destinations.map((destination, at) => ({
        ...destination,
        run: () => latest.current.destinations[at]?.run(),
      })),
    );
  }, [store, scope, signature]);
  useEffect(() => () => store.drop(scope), [store, scope]);
}

/** Asks what is on offer at the moment of asking, without being rendered for every change. */
export function useOfferAsked(): () => { commands: Command[]; destinations: Destination[] } {
  return useRegistry().store.read;
}

/** Everything on offer now. */
export function useOffer(): { commands: Command[]; destinations: Destination[] } {
  const { store } = useRegistry();
  return useSyncExternalStore(store.subscribe, store.read);
}

/** The status bar's message and how to set it. */
export function useMessage(): [Message | null, (message: Message | null) => void] {
  const { say } = useRegistry();
  return [useContext(SaidContext).message, say];
}

/** Says something in the status bar; stable across renders. */
export function useSay(): (text: string, more?: Omit<Partial<Message>, "text">) => void {
  const { say } = useRegistry();
  return useCallback((text, more) => say({ tone: "plain", ...more, text }), [say]);
}

/** Tells the status bar about the selection while the calling component is mounted. */
export function useInform({ selection, undo }: StatusInfo): void {
  const { inform } = useRegistry();
  useEffect(() => {
    inform({ selection, undo });
    return () => inform(NO_INFO);
  }, [inform, selection, undo]);
}

/** What there is to tell about the view. */
export function useStatusInfo(): StatusInfo {
  return useContext(SaidContext).info;
}
