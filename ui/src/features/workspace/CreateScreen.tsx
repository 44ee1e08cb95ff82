/** First start: create the workspace, with its key in the keychain or under a passphrase. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Radio, RadioGroup } from "react-aria-components";
import { Button } from "../../design";
import { useI18n } from "../../i18n";
import { backend, type ErrorView, type KeyMode, type StatusView, toErrorView } from "../../ipc";
import { PassphraseField } from "./PassphraseField";
import { takeStatus } from "./status";

/** Shorter passphrases give in to guessing even behind Argon2id. */
const SHORTEST_PASSPHRASE = 10;

/** The first screen of a machine without a workspace. */
export function CreateScreen({ status }: { status: StatusView }) {
  const { t, tError } = useI18n();
  const client = useQueryClient();
  const [mode, setMode] = useState<KeyMode>(status.keychainAvailable ? "keychain" : "passphrase");
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorView | null>(null);

  const tooShort = mode === "passphrase" && [...first].length < SHORTEST_PASSPHRASE;
  const mismatch = mode === "passphrase" && first !== second;

  const create = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    setError(null);
    if (tooShort || mismatch) {
      return;
    }
    setBusy(true);
    try {
      takeStatus(client, await backend.createWorkspace(mode === "passphrase" ? first : null));
    } catch (reason) {
      setError(toErrorView(reason));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="gate">
      <form className="gate-card gate-wide" onSubmit={create}>
        <span className="gate-mark" aria-hidden="true">
          {t("app.name").charAt(0)}
        </span>
        <h1 className="gate-title">{t("create.title")}</h1>
        <p className="gate-text">{t("create.lead")}</p>
        {status.keychainAvailable ? (
          <RadioGroup
            className="choices"
            aria-label={t("create.how")}
            value={mode}
            onChange={(value) => setMode(value === "passphrase" ? "passphrase" : "keychain")}
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
        {mode === "passphrase" ? (
          <>
            <PassphraseField
              label={t("field.passphrase")}
              value={first}
              onChange={setFirst}
              testId="passphrase"
              invalid={tried && tooShort}
              autoFocus={!status.keychainAvailable}
            />
            <PassphraseField
              label={t("field.passphraseAgain")}
              value={second}
              onChange={setSecond}
              testId="passphrase-again"
              invalid={tried && mismatch}
            />
          </>
        ) : null}
        {tried && tooShort ? (
          <p className="field-error" role="alert">
            {t("create.tooShort", { count: SHORTEST_PASSPHRASE })}
          </p>
        ) : tried && mismatch ? (
          <p className="field-error" role="alert">
            {t("create.mismatch")}
          </p>
        ) : null}
        {error === null ? null : (
          <p className="field-error" role="alert">
            {tError(error)}
          </p>
        )}
        <Button kind="primary" type="submit" testId="create-workspace" isDisabled={busy}>
          {busy ? t("create.working") : t("create.submit")}
        </Button>
      </form>
    </main>
  );
}
