/** The first rows of a table: as they are read, beside the cells as they are, a picker over each column. */
import { Picker } from "../../design";
import { useI18n } from "../../i18n";
import type { ColumnRole, TableMapping, TablePreview, TableRowView } from "../../ipc";
import { rolesFor, withRole } from "./tables";

const NOTHING = "none";

interface Props {
  preview: TablePreview;
  mapping: TableMapping;
  rows: TableRowView[];
  onChange: (mapping: TableMapping) => void;
}

function ColumnHead({ preview, mapping, onChange, at }: Omit<Props, "rows"> & { at: number }) {
  const { t, count } = useI18n();
  const named = preview.header[at] ?? "";
  const name = named === "" ? t("table.column", { number: count(at + 1) }) : named;
  const role = mapping.columns[at] ?? null;
  const roleName = (one: ColumnRole) =>
    mapping.kind === "ledger" && (one === "debit" || one === "credit")
      ? t(`table.ledgerRole.${one}`)
      : t(`table.role.${one}`);
  return (
    <th scope="col" className={`table-column ${role === null ? "table-unread" : ""}`}>
      <Picker
        label={t("table.roleOf", { column: name })}
        choices={[
          { id: NOTHING, label: t("table.role.none") },
          ...rolesFor(mapping.kind).map((one) => ({ id: one, label: roleName(one) })),
        ]}
        selected={role ?? NOTHING}
        onSelect={(id) => {
          const chosen = rolesFor(mapping.kind).find((one) => one === id) ?? null;
          onChange(withRole(mapping, at, chosen));
        }}
        testId={`table-role-${at}`}
      />
      <span className="table-name" title={name}>
        {name}
      </span>
    </th>
  );
}

function ReadCells({ row, ledger }: { row: TableRowView; ledger: boolean }) {
  const { t, amount, day } = useI18n();
  if (row.problem !== null) {
    return (
      <td colSpan={3} className="table-read table-problem table-stick-2" data-testid="table-problem">
        {t(`table.problem.${row.problem.code as ProblemCode}`, { value: row.problem.value })}
      </td>
    );
  }
  const money = row.amount === null ? "" : `${amount(row.amount)} ${row.currency ?? ""}`;
  const words = [ledger ? row.account : null, row.text].filter((part) => part !== null).join(" \u00b7 ");
  return (
    <>
      <td className="table-read table-stick-2">{row.booked === null ? "" : day(row.booked, "medium")}</td>
      <td className="table-read table-stick-3 cell-figure" data-testid="table-amount">
        {money}
      </td>
      <td className="table-read table-stick-4" title={words}>
        {words}
      </td>
    </>
  );
}

/** Codes of `RowProblem` in the reader; one without a sentence would show its code. */
type ProblemCode =
  | "amount.missing"
  | "amount.unreadable"
  | "date.missing"
  | "date.unreadable"
  | "balance.unreadable"
  | "currency.missing"
  | "currency.unknown"
  | "account.missing";

/** The table. */
export function TableRows({ preview, mapping, rows, onChange }: Props) {
  const { t, count } = useI18n();
  const columns = preview.header.map((_, at) => at);
  return (
    <section className="table-scroll" aria-label={t("table.rows")} tabIndex={0}>
      <table className="table-grid">
        <thead>
          <tr className="table-groups">
            <th colSpan={4} scope="colgroup" className="table-stick-1">
              {t("table.asRead")}
            </th>
            <th colSpan={columns.length} scope="colgroup">
              {t("table.asIs")}
            </th>
          </tr>
          <tr className="table-heads">
            <th scope="col" className="table-stick-1 cell-figure">
              {t("table.line")}
            </th>
            <th scope="col" className="table-stick-2">
              {t("column.booked")}
            </th>
            <th scope="col" className="table-stick-3 cell-figure">
              {t("column.amount")}
            </th>
            <th scope="col" className="table-stick-4">
              {mapping.kind === "ledger" ? t("table.accountAndText") : t("table.role.text")}
            </th>
            {columns.map((at) => (
              <ColumnHead key={at} at={at} preview={preview} mapping={mapping} onChange={onChange} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line} data-testid="table-row" className={row.problem === null ? "" : "table-wrong"}>
              <td className="table-line table-stick-1 cell-figure">{count(row.line)}</td>
              <ReadCells row={row} ledger={mapping.kind === "ledger"} />
              {columns.map((at) => {
                const cell = row.cells[at] ?? "";
                const unread = (mapping.columns[at] ?? null) === null;
                const wrong =
                  row.problem !== null && row.problem.value !== "" && cell.trim() === row.problem.value;
                return (
                  <td
                    key={at}
                    className={`table-cell ${unread ? "table-unread" : ""} ${wrong ? "table-culprit" : ""}`}
                    title={cell}
                  >
                    {cell}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
