/** The right column of the reconciliation: source, reasons and history of what the cursor is on. */
import { useQuery } from "@tanstack/react-query";
import { memo } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useI18n } from "../../i18n";
import { type GroupView, type LineRef, toErrorView } from "../../ipc";
import { HistoryTab } from "./HistoryTab";
import { groupQuery } from "./queries";
import { Reasons } from "./Reasons";
import { SourceTab } from "./SourceTab";
import { useResting } from "./useResting";

/** The tabs in order. */
export const EVIDENCE_TABS = ["source", "reasons", "history"] as const;
/** A tab of the evidence column. */
export type EvidenceTab = (typeof EVIDENCE_TABS)[number];

interface Props {
  /** Handle of the review and the group the cursor is on. */
  view: number;
  group: number | null;
  /** The line whose source is shown. */
  line: LineRef | null;
  digits: number;
  tab: EvidenceTab;
  onTab: (tab: EvidenceTab) => void;
  onLine: (line: LineRef) => void;
}

interface LinesProps {
  group: GroupView;
  line: LineRef;
  onLine: (line: LineRef) => void;
}

/** More lines than this are found in the list itself. */
const MOST_LINES = 12;

/** The lines of a group to choose from, when there is more than one. */
function Lines({ group, line, onLine }: LinesProps) {
  const { t } = useI18n();
  const lines: { ref: LineRef; text: string }[] = [
    ...group.bank.map((cell) => ({
      ref: { side: "bank" as const, id: cell.id },
      text: t("evidence.bankEntry"),
    })),
    ...group.ledger
      .filter((cell) => cell.id !== "")
      .map((cell) => ({ ref: { side: "ledger" as const, id: cell.id }, text: cell.voucher })),
  ];
  if (lines.length < 2) {
    return null;
  }
  return (
    <div className="evidence-lines" role="group" aria-label={t("evidence.lines")}>
      {lines.slice(0, MOST_LINES).map(({ ref, text }) => {
        const on = ref.side === line.side && ref.id === line.id;
        return (
          <button
            key={`${ref.side}:${ref.id}`}
            type="button"
            className="chip"
            aria-pressed={on}
            onClick={() => onLine(ref)}
          >
            {text}
          </button>
        );
      })}
    </div>
  );
}

/** The evidence column. */
export const Evidence = memo(function Evidence({ digits, tab, onTab, onLine, ...place }: Props) {
  const { view, group, line } = useResting(
    place,
    [place.view, place.group, place.line?.side, place.line?.id].join(" "),
  );
  const { t, tError } = useI18n();
  const query = useQuery({ ...groupQuery(view, group ?? 0), enabled: group !== null });
  // While the next group is fetched the last one is still there; its reasons are not this one's.
  const data = query.data?.group === group ? query.data : undefined;
  const failed = query.isError ? (
    <p className="field-error evidence-section" role="alert">
      {tError(toErrorView(query.error))}
    </p>
  ) : null;
  return (
    <Tabs
      className="evidence-tabs"
      selectedKey={tab}
      onSelectionChange={(key) => onTab(EVIDENCE_TABS.find((one) => one === key) ?? "source")}
    >
      <TabList className="tab-list" aria-label={t("evidence.label")}>
        {EVIDENCE_TABS.map((one) => (
          <Tab key={one} id={one} className="tab" data-testid={`tab-${one}`}>
            {t(`evidence.tab.${one}`)}
          </Tab>
        ))}
      </TabList>
      {line === null || group === null ? (
        <p className="evidence-empty">{t("evidence.empty")}</p>
      ) : (
        <>
          <TabPanel id="source" className="evidence-scroll">
            {data === undefined ? null : <Lines group={data} line={line} onLine={onLine} />}
            <SourceTab line={line} digits={digits} />
            {data !== undefined && data.reasons.length > 0 ? (
              <Reasons group={data} digits={digits} full={false} />
            ) : null}
          </TabPanel>
          <TabPanel id="reasons" className="evidence-scroll">
            {failed ?? (data === undefined ? null : <Reasons group={data} digits={digits} full />)}
          </TabPanel>
          <TabPanel id="history" className="evidence-scroll">
            {failed ?? (data === undefined ? null : <HistoryTab group={data} />)}
          </TabPanel>
        </>
      )}
    </Tabs>
  );
});
