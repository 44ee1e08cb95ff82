/** What stands where the work will be while a company's log comes for the first time. */
import { Button, Meter, Note } from "../../design";
import { useI18n } from "../../i18n";
import { type SyncView, useBackend } from "../../ipc";
import { useTimeLeft } from "./queries";

/** Longer than this is told in minutes. */
const MINUTES_FROM = 90;

/** Whether nothing of the company is here yet. */
export function isFirstSync(view: SyncView, logSize: number): boolean {
  return view.phase !== "standalone" && view.phase !== "frozen" && logSize === 0 && view.synced === null;
}

/** The first sync: how far it is, how long it takes, and that it may be left. */
export function FirstSync({ view, onSignIn }: { view: SyncView; onSignIn: () => void }) {
  const { t, tError, count } = useI18n();
  const backend = useBackend();
  const left = useTimeLeft(view);
  if (view.phase === "signedOut" || view.phase === "offline" || view.phase === "failed") {
    const reason = tError({
      code: view.errorCode ?? "remote.signed_out",
      message: view.error ?? "",
      params: {},
    });
    return (
      <main className="work work-wide" data-testid="first-sync" data-phase={view.phase}>
        <Note
          tone={view.phase === "failed" ? "wrong" : "plain"}
          title={t("firstSync.stopped")}
          actions={
            view.phase === "signedOut" ? (
              <Button kind="primary" onPress={onSignIn}>
                {t("sync.signIn")}
              </Button>
            ) : (
              <Button kind="primary" onPress={() => void backend.syncNow().catch(() => undefined)}>
                {t("error.retry")}
              </Button>
            )
          }
        >
          {view.phase === "offline" ? t("firstSync.offline") : reason}
        </Note>
      </main>
    );
  }
  const { eventsDone: done, eventsTotal: total } = view;
  const known = done !== null && total !== null && total > 0;
  const all = view.applying || (known && done >= total);
  const words = !known
    ? t("firstSync.asking")
    : all
      ? t("firstSync.applying", { done: count(view.applying ? done : 0), total: count(total) })
      : t("firstSync.verified", { done: count(done), total: count(total) });
  // How long reading in takes shows only when it has begun, so until then it is not promised.
  const until = all ? "left" : "verifying";
  const time =
    left === null
      ? null
      : left < MINUTES_FROM
        ? t(`firstSync.${until}.seconds`, { count: left })
        : t(`firstSync.${until}.minutes`, { count: Math.round(left / 60) });
  return (
    <main className="work work-wide" data-testid="first-sync" data-phase={view.phase} aria-busy="true">
      <div className="first-sync">
        <h1 className="note-title">{t("firstSync.title")}</h1>
        <p className="first-sync-company">{view.company}</p>
        <Meter label={t("firstSync.title")} parts={[{ share: known ? done / total : 0, tone: "accent" }]} />
        <p className="first-sync-figures" role="status">
          <span>{words}</span>
          {time === null ? null : <span>{time}</span>}
        </p>
        <p className="gate-hint">{t("firstSync.close")}</p>
      </div>
    </main>
  );
}
