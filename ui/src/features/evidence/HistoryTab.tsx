/** The events about a line, newest first. */
import { useI18n } from "../../i18n";
import type { GroupView } from "../../ipc";

/** The history of a group. */
export function HistoryTab({ group }: { group: GroupView }) {
  const { t, tMaybe, instant, count, day } = useI18n();
  return (
    <section className="evidence-section" data-testid="history">
      {group.heldUntil === null ? null : (
        <p className="evidence-text">{t("evidence.heldUntil", { date: day(group.heldUntil, "long") })}</p>
      )}
      {group.history.length === 0 ? (
        <p className="evidence-text">{t("evidence.noHistory")}</p>
      ) : (
        <ol className="history">
          {group.history.map((event) => (
            <li key={event.seq} className="history-event">
              <span className="history-action">{tMaybe(`action.${event.action}`) ?? event.action}</span>
              <span className="history-seq">
                {event.pending ? t("evidence.pending") : t("evidence.event", { seq: count(event.seq) })}
              </span>
              <span className="history-when">
                {tMaybe(`actor.${event.actor}`) ?? event.actor}
                {", "}
                {instant(event.at)}
              </span>
              {event.erased ? <span className="history-text">{t("evidence.erased")}</span> : null}
              {event.text === null ? null : (
                <span className="history-text">{tMaybe(`reason.${event.text}`) ?? event.text}</span>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
