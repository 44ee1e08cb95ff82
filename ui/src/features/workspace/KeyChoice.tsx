/** How the key of a new workspace is kept: in the keychain, or under a passphrase that is asked for twice. */
import { useState } from "react";
import { Radio, RadioGroup } from "react-aria-components";
import { useI18n } from "../../i18n";
import type { KeyMode } from "../../ipc";
import { PassphraseField } from "./PassphraseField";

/** Shorter passphrases give in to guessing even behind Argon2id. */
const SHORTEST_PASSPHRASE = 10;

/** The choice so far. */
export function useKeyChoice(keychainAvailable: boolean) {
  const [mode, setMode] = useState<KeyMode>(keychainAvailable ? "keychain" : "passphrase");
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const asked = mode === "passphrase";
  const tooShort = asked && [...first].length < SHORTEST_PASSPHRASE;
  const mismatch = asked && first !== second;
  return {
    keychainAvailable,
    mode,
    setMode,
    first,
    setFirst,
    second,
    setSecond,
    tooShort,
    mismatch,
    /** What is handed over: `null` for the keychain. */
    passphrase: asked ? first : null,
    good: !tooShort && !mismatch,
  };
}

interface Props {
  choice: ReturnType<typeof useKeyChoice>;
  /** Whether what is missing is said. */
  tried: boolean;
  autoFocus?: boolean;
}

/** The choice, and the fields it needs. */
export function KeyChoice({ choice, tried, autoFocus = false }: Props) {
  const { t } = useI18n();
  return (
    <>
      {choice.keychainAvailable ? (
        <RadioGroup
          className="choices"
          aria-label={t("create.how")}
          value={choice.mode}
          onChange={(value) => choice.setMode(value === "passphrase" ? "passphrase" : "keychain")}
        >
          <Radio className="choice" value="keychain" data-testid="mode-keychain">
            <span className="choice-dot" />
            <span>
              <span className="choice-title">{t("create.keychain")}</span>
              <span className="choice-hint">{t("create.keychainHint")}</span>
            </span>
          </Radio>
          <Radio className="choice" value="passphrase" data-testid="mode-passphrase">
            <span className="choice-dot" />
            <span>
              <span className="choice-title">{t("create.passphrase")}</span>
              <span className="choice-hint">{t("create.passphraseHint")}</span>
            </span>
          </Radio>
        </RadioGroup>
      ) : (
        <p className="gate-hint">
          {t("create.keychainMissing")} {t("create.passphraseHint")}
        </p>
      )}
      {choice.mode === "passphrase" ? (
        <>
          <PassphraseField
            label={t("field.passphrase")}
            value={choice.first}
            onChange={choice.setFirst}
            testId="passphrase"
            invalid={tried && choice.tooShort}
            autoFocus={autoFocus && !choice.keychainAvailable}
          />
          <PassphraseField
            label={t("field.passphraseAgain")}
            value={choice.second}
            onChange={choice.setSecond}
            testId="passphrase-again"
            invalid={tried && choice.mismatch}
          />
        </>
      ) : null}
      {tried && choice.tooShort ? (
        <p className="field-error" role="alert">
          {t("create.tooShort", { count: SHORTEST_PASSPHRASE })}
        </p>
      ) : tried && choice.mismatch ? (
        <p className="field-error" role="alert">
          {t("create.mismatch")}
        </p>
      ) : null}
    </>
  );
}
