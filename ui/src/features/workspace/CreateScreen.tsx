/** First start: a workspace of one's own, or one that is connected to a company. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { Button } from "../../design";
import { useI18n } from "../../i18n";
import { type ErrorView, type StatusView, toErrorView, useBackend } from "../../ipc";
import { ConnectForm } from "./ConnectForm";
import { KeyChoice, useKeyChoice } from "./KeyChoice";
import { takeStatus } from "./status";

function CreateForm({ status }: { status: StatusView }) {
  const { t, tError } = useI18n();
  const client = useQueryClient();
  const backend = useBackend();
  const choice = useKeyChoice(status.keychainAvailable);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorView | null>(null);

  const create = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    setError(null);
    if (!choice.good) {
      return;
    }
    setBusy(true);
    try {
      takeStatus(client, await backend.createWorkspace(choice.passphrase));
    } catch (reason) {
      setError(toErrorView(reason));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="gate-form" onSubmit={create}>
      <p className="gate-text">{t("create.lead")}</p>
      <KeyChoice choice={choice} tried={tried} autoFocus />
      {error === null ? null : (
        <p className="field-error" role="alert">
          {tError(error)}
        </p>
      )}
      <Button kind="primary" type="submit" testId="create-workspace" isDisabled={busy}>
        {busy ? t("create.working") : t("create.submit")}
      </Button>
    </form>
  );
}

/** The first screen of a machine without a workspace. */
export function CreateScreen({ status }: { status: StatusView }) {
  const { t } = useI18n();
  const [way, setWay] = useState<"own" | "company">("own");
  return (
    <main className="gate">
      <div className="gate-card gate-wide">
        <span className="gate-mark" aria-hidden="true">
          {t("app.name").charAt(0)}
        </span>
        <h1 className="gate-title">{t(way === "own" ? "create.title" : "connect.title")}</h1>
        <ToggleButtonGroup
          className="segments gate-ways"
          aria-label={t("first.label")}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[way]}
          onSelectionChange={(keys) => setWay(keys.has("company") ? "company" : "own")}
        >
          <ToggleButton id="own" className="segment" data-testid="way-own">
            {t("first.own")}
          </ToggleButton>
          <ToggleButton id="company" className="segment" data-testid="way-company">
            {t("first.company")}
          </ToggleButton>
        </ToggleButtonGroup>
        {way === "own" ? <CreateForm status={status} /> : <ConnectForm status={status} />}
      </div>
    </main>
  );
}
