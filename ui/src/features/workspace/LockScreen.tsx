/** What stands in the window while the workspace is locked: why, and the way back in. No figure. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button, LockIcon } from "../../design";
import { useI18n } from "../../i18n";
import { type ErrorView, type StatusView, toErrorView, useBackend } from "../../ipc";
import { PassphraseField } from "./PassphraseField";
import { takeStatus } from "./status";

/** The lock screen. */
export function LockScreen({ status }: { status: StatusView }) {
  const { t, tMaybe, tError } = useI18n();
  const client = useQueryClient();
  const backend = useBackend();
  const [passphrase, setPassphrase] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorView | null>(null);
  const asks = status.keyMode === "passphrase";

  const unlock = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const next = await backend.unlock(asks ? passphrase : null);
      takeStatus(client, next);
    } catch (reason) {
      setError(toErrorView(reason));
    } finally {
      setPassphrase("");
      setBusy(false);
    }
  };

  const because =
    status.lockedBecause === null
      ? null
      : tMaybe(`lock.because.${status.lockedBecause}`, { count: status.settings.autoLockMinutes });
  return (
    <main className="gate" data-testid="lock-screen">
      <form className="gate-card" onSubmit={unlock}>
        <span className="gate-mark">
          <LockIcon />
        </span>
        <h1 className="gate-title">{t("lock.title")}</h1>
        <p className="gate-text">{because ?? t("lock.note")}</p>
        {asks ? (
          <PassphraseField
            label={t("field.passphrase")}
            value={passphrase}
            onChange={setPassphrase}
            testId="passphrase"
            autoFocus
          />
        ) : (
          <p className="gate-hint">{t("lock.keychain")}</p>
        )}
        {error === null ? null : (
          <p className="field-error" role="alert">
            {tError(error)}
          </p>
        )}
        <Button
          kind="primary"
          type="submit"
          testId="unlock"
          isDisabled={busy || (asks && passphrase === "")}
          autoFocus={!asks}
        >
          {busy ? t("lock.working") : t("lock.submit")}
        </Button>
        {because === null ? null : <p className="gate-hint">{t("lock.note")}</p>}
      </form>
    </main>
  );
}
