/** A field for a secret: never completed, corrected or remembered by the webview. */
import { Input, Label, TextField } from "react-aria-components";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  testId?: string;
  autoFocus?: boolean;
  invalid?: boolean;
}

/** A labelled passphrase field. */
export function PassphraseField({
  label,
  value,
  onChange,
  testId,
  autoFocus = false,
  invalid = false,
}: Props) {
  return (
    <TextField
      className="field"
      type="password"
      value={value}
      onChange={onChange}
      isInvalid={invalid}
      autoFocus={autoFocus}
    >
      <Label className="field-label">{label}</Label>
      <Input className="input" data-testid={testId} autoComplete="off" spellCheck={false} />
    </TextField>
  );
}
