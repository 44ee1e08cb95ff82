/** What can be decided about the selection, as buttons under its evidence; each shows its key. */
import { type CommandId, describeCommand, IS_MAC } from "../../commands";
import { Button } from "../../design";
import { useI18n } from "../../i18n";
import type { Possible } from "./actions";
import type { Decisions } from "./useDecisions";

interface Props {
  possible: Possible;
  decisions: Decisions;
  marked: boolean;
}

type Action = keyof Possible & CommandId;

/** In the order a controller reaches for them. */
const ORDER: Action[] = ["accept", "match", "unmatch", "release", "reject", "hold", "writeOff", "comment"];

/** More buttons than this are a menu; the palette has the rest. */
const MOST = 3;

/** The buttons. */
export function DecisionButtons({ possible, decisions, marked }: Props) {
  const { t } = useI18n();
  // A proposal is accepted rather than matched by hand, unless lines were marked for that.
  const shown = ORDER.filter(
    (action) => possible[action] && (action !== "match" || marked || !possible.accept),
  ).slice(0, MOST);
  if (shown.length === 0) {
    return null;
  }
  return (
    <div className="decision-buttons decision-actions" role="toolbar" aria-label={t("decide.actions")}>
      {shown.map((action, at) => (
        <Button
          key={action}
          kind={at === 0 && (action === "accept" || action === "match") ? "primary" : "plain"}
          isDisabled={decisions.busy}
          keyCap={describeCommand(action, IS_MAC, t)}
          onPress={() => decisions[action]()}
          testId={`action-${action}`}
        >
          {t(`decide.${action}`)}
        </Button>
      ))}
    </div>
  );
}
