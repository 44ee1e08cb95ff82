/** Ctrl/Cmd+K: every command with its key, every company, every account, every month. */
import {
  Autocomplete,
  Dialog,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  SearchField,
  useFilter,
} from "react-aria-components";
import { bindingOf, describeCommand, IS_MAC, useOffer } from "../commands";
import { KeyCap } from "../design";
import { type Key, useI18n } from "../i18n";

interface Entry {
  id: string;
  label: string;
  detail?: string | undefined;
  key?: string | undefined;
  run: () => void;
}

/** A command's label with a capital: in the status bar it follows its key, here it stands alone. */
function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

function useEntries(): { title: Key; entries: Entry[] }[] {
  const { t } = useI18n();
  const { commands, destinations } = useOffer();
  const actions = commands
    .filter((command) => command.enabled && command.id !== "palette")
    .map((command) => ({
      id: command.id,
      label: capital(t(bindingOf(command.id).label)),
      key: describeCommand(command.id, IS_MAC, t) || undefined,
      run: command.run,
    }));
  const group = (name: "companies" | "accounts" | "months"): Entry[] =>
    destinations
      .filter((one) => one.group === name)
      .map(({ id, label, detail, run }) => ({ id, label, detail, run }));
  return [
    { title: "palette.actions" as const, entries: actions },
    { title: "palette.companies" as const, entries: group("companies") },
    { title: "palette.accounts" as const, entries: group("accounts") },
    { title: "palette.months" as const, entries: group("months") },
  ].filter(({ entries }) => entries.length > 0);
}

/** The palette. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      isDismissable
    >
      <Modal className="palette">
        <PaletteBody onClose={onClose} />
      </Modal>
    </ModalOverlay>
  );
}

function PaletteBody({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const groups = useEntries();
  const { contains } = useFilter({ sensitivity: "base" });
  const run = (id: string) => {
    const entry = groups.flatMap(({ entries }) => entries).find((one) => one.id === id);
    onClose();
    // After the palette has given the focus back, so that a command may move it.
    setTimeout(() => entry?.run(), 0);
  };
  return (
    <Dialog className="palette-dialog" aria-label={t("palette.label")} data-testid="palette">
      <Autocomplete filter={contains}>
        <SearchField autoFocus aria-label={t("palette.label")} className="palette-field">
          <Input className="palette-input" placeholder={t("palette.placeholder")} />
        </SearchField>
        <Menu
          className="palette-list"
          aria-label={t("palette.label")}
          onAction={(id) => run(String(id))}
          renderEmptyState={() => <p className="palette-empty">{t("palette.empty")}</p>}
        >
          {groups.map(({ title, entries }) => (
            <MenuSection key={title} id={title} className="palette-section">
              <Header className="palette-heading">{t(title)}</Header>
              {entries.map((entry) => (
                <MenuItem
                  key={entry.id}
                  id={entry.id}
                  textValue={[entry.label, entry.detail ?? ""].join(" ")}
                  className="palette-item"
                >
                  <span>{entry.label}</span>
                  {entry.detail === undefined ? null : <span className="palette-detail">{entry.detail}</span>}
                  {entry.key === undefined ? null : <KeyCap>{entry.key}</KeyCap>}
                </MenuItem>
              ))}
            </MenuSection>
          ))}
        </Menu>
      </Autocomplete>
    </Dialog>
  );
}
