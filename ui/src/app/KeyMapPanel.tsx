/** `?`: every key there is, by where it works. */
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { bindingOf, type Chord, COMMANDS, describeChord, IS_MAC, type Scope } from "../commands";
import { Button, KeyCap } from "../design";
import { type Key, useI18n } from "../i18n";

const SCOPES: Scope[] = ["everywhere", "review", "documents"];

/** Keys of the list itself, which are no commands. */
const MOVING: { label: Key; chords: Chord[] }[] = [
  {
    label: "keymap.move",
    chords: [
      { key: "ArrowUp" },
      { key: "ArrowDown" },
      { key: "PageUp" },
      { key: "PageDown" },
      { key: "Home" },
      { key: "End" },
    ],
  },
  { label: "keymap.extend", chords: [{ key: "ArrowDown", shift: true }] },
  { label: "keymap.side", chords: [{ key: "ArrowLeft" }, { key: "ArrowRight" }] },
];

function Line({ label, chords }: { label: string; chords: readonly Chord[] }) {
  const { t } = useI18n();
  return (
    <div className="keymap-line">
      <dt>
        {chords.map((chord) => (
          <KeyCap key={JSON.stringify(chord)}>{describeChord(chord, IS_MAC, t)}</KeyCap>
        ))}
      </dt>
      <dd>{label}</dd>
    </div>
  );
}

/** The key map. */
export function KeyMapPanel({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <ModalOverlay
      className="overlay"
      isOpen={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      isDismissable
    >
      <Modal className="keymap">
        <Dialog className="keymap-dialog" data-testid="keymap">
          <Heading slot="title" className="keymap-title">
            {t("keymap.title")}
          </Heading>
          <div className="keymap-groups">
            {SCOPES.map((scope) => (
              <section key={scope} className={`keymap-group keymap-${scope}`}>
                <h3 className="keymap-heading">{t(`keymap.group.${scope}`)}</h3>
                <dl>
                  {scope === "review"
                    ? MOVING.map(({ label, chords }) => <Line key={label} label={t(label)} chords={chords} />)
                    : null}
                  {COMMANDS.filter(
                    (id) => bindingOf(id).scope === scope && bindingOf(id).chords.length > 0,
                  ).map((id) => (
                    <Line key={id} label={t(bindingOf(id).label)} chords={bindingOf(id).chords} />
                  ))}
                </dl>
              </section>
            ))}
          </div>
          <Button onPress={onClose} keyCap={t("key.escape")} autoFocus>
            {t("keymap.close")}
          </Button>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
