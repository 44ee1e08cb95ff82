/** The small parts every view is made of. They know no domain and hold no state of their own. */
import type { ReactNode } from "react";
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
} from "react-aria-components";
import { ChevronIcon } from "./icons";

interface ButtonProps extends AriaButtonProps {
  kind?: "primary" | "plain" | "quiet";
  /** The key that does the same, shown on the button. */
  keyCap?: string;
  children: ReactNode;
  testId?: string;
}

/** A button that shows its key. */
export function Button({ kind = "plain", keyCap, children, testId, ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={`button button-${kind}`} data-testid={testId}>
      <span>{children}</span>
      {keyCap === undefined ? null : <KeyCap>{keyCap}</KeyCap>}
    </AriaButton>
  );
}

/** A key as it looks on the keyboard. */
export function KeyCap({ children }: { children: ReactNode }) {
  return <kbd className="key-cap">{children}</kbd>;
}

/** What a pill means; its colour follows. */
export type Tone = "settled" | "decide" | "contradicts" | "quiet";

/** A word in a coloured pill; quiet ones have no ground. */
export function Pill({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`pill pill-${tone}`}>{children}</span>;
}

/** An entry of a picker. */
export interface Choice {
  id: string;
  label: string;
  detail?: string;
}

interface PickerProps {
  label: string;
  choices: Choice[];
  selected: string | null;
  onSelect: (id: string) => void;
  placeholder?: string;
  look?: "box" | "title" | "inline";
  showLabel?: boolean;
  testId?: string;
}

/** One choice out of a list, opened in place. */
export function Picker({
  label,
  choices,
  selected,
  onSelect,
  placeholder,
  look = "box",
  showLabel = false,
  testId,
}: PickerProps) {
  return (
    <Select
      className={`picker picker-${look}`}
      {...(showLabel ? {} : { "aria-label": label })}
      value={selected}
      onChange={(key) => {
        if (key !== null) {
          onSelect(String(key));
        }
      }}
      {...(placeholder === undefined ? {} : { placeholder })}
    >
      {showLabel ? <Label className="field-label">{label}</Label> : null}
      <AriaButton className="picker-button" data-testid={testId}>
        <SelectValue className="picker-value">
          {({ isPlaceholder, defaultChildren, state }) =>
            isPlaceholder
              ? defaultChildren
              : (choices.find((choice) => choice.id === state.value)?.label ?? defaultChildren)
          }
        </SelectValue>
        <ChevronIcon />
      </AriaButton>
      <Popover className="popover" offset={4}>
        <ListBox className="list-box" items={choices}>
          {(choice) => (
            <ListBoxItem id={choice.id} textValue={choice.label} className="list-box-item">
              <span>{choice.label}</span>
              {choice.detail === undefined ? null : <span className="list-box-detail">{choice.detail}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}

interface NoteProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  tone?: "plain" | "wrong";
}

/** An empty or failed state, said where the work would be. */
export function Note({ title, children, actions, tone = "plain" }: NoteProps) {
  return (
    <div className={`note note-${tone}`} role={tone === "wrong" ? "alert" : undefined}>
      <h2 className="note-title">{title}</h2>
      {children === undefined ? null : <p className="note-text">{children}</p>}
      {actions === undefined ? null : <div className="note-actions">{actions}</div>}
    </div>
  );
}

interface MeterProps {
  label: string;
  /** Parts of the whole, each from 0 to 1, drawn after each other. */
  parts: { share: number; tone: "settled" | "decide" | "accent" }[];
}

/** A thin bar of shares. */
export function Meter({ label, parts }: MeterProps) {
  const total = parts.reduce((sum, part) => sum + part.share, 0);
  return (
    <div
      className="meter"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(total * 100)}
    >
      {parts.map((part) => (
        <span
          key={part.tone}
          className={`meter-part meter-${part.tone}`}
          style={{ width: `${(part.share * 100).toFixed(2)}%` }}
        />
      ))}
    </div>
  );
}
