/** Chips for the parts of the list. */
import { memo } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useI18n } from "../../i18n";
import type { ReviewFilter } from "../../ipc";

/** The filters in the order of the list. */
export const FILTERS: ReviewFilter[] = ["all", "needs", "suggested", "held", "confirmed"];

interface Props {
  filter: ReviewFilter;
  onFilter: (filter: ReviewFilter) => void;
  /** Findings about the statements of the account. */
  findings: number;
}

/** One chip is always on. */
export const Filters = memo(function Filters({ filter, onFilter, findings }: Props) {
  const { t } = useI18n();
  return (
    <div className="filter-bar">
      <ToggleButtonGroup
        className="filters"
        aria-label={t("reconcile.filters")}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[filter]}
        onSelectionChange={(keys) => {
          const chosen = FILTERS.find((one) => keys.has(one));
          if (chosen !== undefined) {
            onFilter(chosen);
          }
        }}
      >
        {FILTERS.map((one) => (
          <ToggleButton key={one} id={one} className="chip" data-testid={`filter-${one}`}>
            {t(`reconcile.filter.${one}`)}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {findings > 0 ? (
        <span className="filter-note">{t("reconcile.findings", { count: findings })}</span>
      ) : null}
    </div>
  );
});
