/** Why nothing can be changed: both checkpoints side by side, and the way on that a person answers for. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSay } from "../../commands";
import { Button } from "../../design";
import { formatCode, useI18n } from "../../i18n";
import { type CheckpointView, type FreezeView, toErrorView, useBackend } from "../../ipc";
import { takeStatus } from "./status";

/** Stands over the work while the workspace is frozen. */
export function FreezeBar({ freeze, connected }: { freeze: FreezeView; connected: boolean }) {
  const { t, tError, instant } = useI18n();
  const client = useQueryClient();
  const backend = useBackend();
  const say = useSay();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);

  const words = (checkpoint: CheckpointView | null) =>
    checkpoint === null
      ? t("freeze.none")
      : t("freeze.checkpoint", { count: checkpoint.size, code: formatCode(checkpoint.code) });
  const resume = async () => {
    setBusy(true);
    try {
      takeStatus(client, await backend.resumeLog());
      void client.invalidateQueries();
      say(t("message.resumed"));
    } catch (reason) {
      say(tError(toErrorView(reason)), { tone: "wrong" });
      setBusy(false);
    }
  };
  return (
    <section className="freeze" role="alert" data-testid="freeze">
      <div className="freeze-text">
        <h2 className="freeze-title">{t("freeze.title")}</h2>
        <p>
          {connected ? t("freeze.connected") : t(`freeze.${freeze.reason}`)}{" "}
          {connected ? t("freeze.connectedAdvice") : t(asking ? "freeze.ask" : "freeze.advice")}
        </p>
        <dl className="freeze-checkpoints">
          <dt>{t(connected ? "freeze.shown" : "freeze.found")}</dt>
          <dd>{words(freeze.found)}</dd>
          <dt>{t(connected ? "freeze.verified" : "freeze.kept")}</dt>
          <dd>{words(freeze.kept)}</dd>
          <dt>{t("freeze.noticed")}</dt>
          <dd>{instant(freeze.noticed)}</dd>
        </dl>
      </div>
      {/* A company's log is not this computer's to go on with. */}
      <div className="freeze-actions">
        {connected ? null : asking ? (
          <>
            <Button kind="primary" onPress={() => void resume()} isDisabled={busy} testId="freeze-confirm">
              {t("freeze.confirm")}
            </Button>
            <Button onPress={() => setAsking(false)} isDisabled={busy}>
              {t("freeze.cancel")}
            </Button>
          </>
        ) : (
          <Button onPress={() => setAsking(true)} testId="freeze-resume">
            {t("freeze.resume")}
          </Button>
        )}
      </div>
    </section>
  );
}
