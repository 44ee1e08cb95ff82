/** Why a proposal was made: one bar per field, for and against, and the difference in words. */
import { isZero, MINUS, useI18n } from "../../i18n";
import type { GroupView, ReasonView } from "../../ipc";

/** A weight in bits with its sign. */
function weightText(weight: number, decimal: string): string {
  const sign = weight < 0 ? MINUS : "+";
  return sign + Math.abs(weight).toFixed(1).replace(".", decimal);
}

function Bar({ reason, most, withDetail }: { reason: ReasonView; most: number; withDetail: boolean }) {
  const { tMaybe, language } = useI18n();
  const against = reason.weight < 0;
  return (
    <li className="reason">
      <span className="reason-field">{tMaybe(`reasonField.${reason.field}`) ?? reason.field}</span>
      <span className="reason-track" aria-hidden="true">
        <span
          className={`reason-bar ${against ? "reason-against" : ""}`}
          style={{ width: `${((Math.abs(reason.weight) / most) * 100).toFixed(1)}%` }}
        />
      </span>
      <span className="reason-weight">{weightText(reason.weight, language === "sv" ? "," : ".")}</span>
      {withDetail && reason.detail !== "" ? <span className="reason-detail">{reason.detail}</span> : null}
    </li>
  );
}

interface Props {
  group: GroupView;
  digits: number;
  /** In full on its own tab, in short beneath the source. */
  full: boolean;
}

/** The reasons of a group. */
export function Reasons({ group, digits, full }: Props) {
  const { t, amount } = useI18n();
  const most = Math.max(1, ...group.reasons.map((reason) => Math.abs(reason.weight)));
  const differs = !isZero(group.difference);
  // Of several equal solutions the sides never agree as a whole, and saying so would mislead.
  const both =
    group.bank.length > 0 &&
    group.ledger.length > 0 &&
    (group.section !== "needs" || group.ledger.length === 1);
  return (
    <section className="evidence-section" data-testid="reasons">
      <h2 className="evidence-heading">
        {group.confidence === null
          ? t("evidence.whyNot")
          : t("evidence.why", { confidence: group.confidence })}
      </h2>
      {group.reasons.length === 0 ? (
        <p className="evidence-text">
          {group.section === "confirmed" ? t("evidence.decided") : t("evidence.noReasons")}
        </p>
      ) : (
        <ul className="reasons">
          {group.reasons.map((reason, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a field may speak twice and the order is fixed
            <Bar key={at} reason={reason} most={most} withDetail={full} />
          ))}
        </ul>
      )}
      {both ? (
        <p className="evidence-text">
          {differs
            ? t("evidence.difference", { amount: amount(group.difference, digits) })
            : t("evidence.noDifference")}
        </p>
      ) : null}
      {full && group.confidence !== null ? (
        <p className="evidence-text">{t("evidence.confidence", { confidence: group.confidence })}</p>
      ) : null}
    </section>
  );
}
