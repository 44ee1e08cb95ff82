/** The keys that apply now, what is selected, what happened last, and what undo would undo. */
import {
  bindingOf,
  type Command,
  describeCommand,
  IS_MAC,
  useMessage,
  useOffer,
  useStatusInfo,
} from "../commands";
import { KeyCap } from "../design";
import { SyncStatus } from "../features/sync";
import { useI18n } from "../i18n";
import type { SyncView } from "../ipc";

/** More than this is a list, and the key map is one. */
const MOST_KEYS = 6;

function Hint({ command }: { command: Command }) {
  const { t } = useI18n();
  return (
    <button
      type="button"
      className="status-key"
      tabIndex={-1}
      disabled={!command.enabled}
      onClick={command.run}
    >
      <KeyCap>{describeCommand(command.id, IS_MAC, t)}</KeyCap>
      <span>{t(bindingOf(command.id).label)}</span>
    </button>
  );
}

interface Props {
  sync: SyncView | undefined;
  syncOpen: boolean;
  onSyncOpen: (open: boolean) => void;
}

/** The status bar. */
export function StatusBar({ sync, syncOpen, onSyncOpen }: Props) {
  const { t } = useI18n();
  const { commands } = useOffer();
  const [message] = useMessage();
  const { selection, undo } = useStatusInfo();
  const hints = commands.filter((command) => command.hint === true);
  const palette = hints.filter((command) => command.id === "palette");
  const others = hints.filter((command) => command.id !== "palette").slice(0, MOST_KEYS);
  return (
    <footer className="status" data-testid="status-bar" aria-label={t("status.label")}>
      <span className="status-keys">
        {[...others, ...palette].map((command) => (
          <Hint key={command.id} command={command} />
        ))}
      </span>
      <span className={`status-message status-${message?.tone ?? "plain"}`} role="status" aria-live="polite">
        {message === null ? null : (
          <>
            <span data-testid={message.testId} title={message.text}>
              {message.text}
            </span>
            {message.action === undefined ? null : (
              <button type="button" className="status-action" onClick={message.action.run}>
                {message.action.label}
              </button>
            )}
          </>
        )}
      </span>
      {selection === null ? null : (
        <span className="status-selection" data-testid="selection-sum">
          {selection}
        </span>
      )}
      {undo === null ? null : (
        <span className="status-undo">
          <span className="status-undo-text" data-testid="undo-label" title={undo}>
            {undo}
          </span>
          <KeyCap>{describeCommand("undo", IS_MAC, t)}</KeyCap>
        </span>
      )}
      {sync === undefined ? null : <SyncStatus view={sync} open={syncOpen} onOpen={onSyncOpen} />}
    </footer>
  );
}
