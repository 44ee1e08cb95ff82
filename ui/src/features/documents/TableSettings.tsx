/** What is said about a whole table: the kind of its rows, account, currency, how amounts and dates are written. */
import { useState } from "react";
import { ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { Button, type Choice, Picker } from "../../design";
import { useI18n } from "../../i18n";
import type { TableMapping, TablePreview } from "../../ipc";
import {
  AMOUNT_STYLES,
  amountStyle,
  currencies,
  DATE_PATTERNS,
  DELIMITERS,
  ENCODINGS,
  holds,
  including,
  withKind,
} from "./tables";

interface Props {
  preview: TablePreview;
  mapping: TableMapping;
  onChange: (mapping: TableMapping) => void;
}

const plain = (ids: readonly string[]): Choice[] => ids.map((id) => ({ id, label: id }));

/** The most rows above a header that can be chosen. */
const MOST_ABOVE = 20;

function Account({ preview, mapping, onChange }: Props) {
  const { t } = useI18n();
  const ledger = mapping.kind === "ledger";
  const known = ledger ? [] : preview.accounts;
  const wanted = preview.need === "account" || preview.need === "ledgerAccount";
  return (
    <ComboBox
      className={`table-field table-account ${wanted ? "table-wanted" : ""}`}
      allowsCustomValue
      menuTrigger="focus"
      inputValue={mapping.account ?? ""}
      onInputChange={(text) => onChange({ ...mapping, account: text === "" ? null : text })}
      isInvalid={preview.need === "account.check_digit"}
    >
      <Label className="field-label">{ledger ? t("table.ledgerAccount") : t("table.account")}</Label>
      <Input
        className="input table-input"
        placeholder={ledger ? t("table.ledgerAccountHint") : t("table.accountHint")}
        data-testid="table-account"
      />
      {known.length === 0 ? null : (
        <Popover className="popover" offset={4}>
          <ListBox className="list-box" items={known}>
            {(account) => (
              <ListBoxItem
                id={`${account.number} ${account.currency}`}
                textValue={account.number}
                className="list-box-item"
              >
                <span>{account.number}</span>
                <span className="list-box-detail">{`${account.name} \u00b7 ${account.currency}`}</span>
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      )}
    </ComboBox>
  );
}

function Details({ mapping, onChange }: Props) {
  const { t, count } = useI18n();
  const yesNo = (yes: string, no: string): Choice[] => [
    { id: "yes", label: yes },
    { id: "no", label: no },
  ];
  return (
    <div className="table-settings table-details" id="table-details">
      <Picker
        showLabel
        label={t("table.delimiter")}
        choices={including(DELIMITERS, mapping.delimiter).map((id) => ({
          id,
          label: id === "\t" ? t("table.delimiter.tab") : id,
        }))}
        selected={mapping.delimiter}
        onSelect={(delimiter) => onChange({ ...mapping, delimiter })}
      />
      <Picker
        showLabel
        label={t("table.encoding")}
        choices={including(ENCODINGS, mapping.encoding ?? "auto").map((id) => ({
          id,
          label: id === "auto" ? t("table.encoding.auto") : id,
        }))}
        selected={mapping.encoding ?? "auto"}
        onSelect={(id) => onChange({ ...mapping, encoding: id === "auto" ? null : id })}
      />
      <Picker
        showLabel
        label={t("table.above")}
        choices={Array.from({ length: Math.max(MOST_ABOVE, mapping.skipRows) + 1 }, (_, at) => ({
          id: String(at),
          label: count(at),
        }))}
        selected={String(mapping.skipRows)}
        onSelect={(id) => onChange({ ...mapping, skipRows: Number(id) })}
      />
      <Picker
        showLabel
        label={t("table.header")}
        choices={yesNo(t("table.header.yes"), t("table.header.no"))}
        selected={mapping.header ? "yes" : "no"}
        onSelect={(id) => onChange({ ...mapping, header: id === "yes" })}
      />
      <Picker
        showLabel
        label={t("table.signs")}
        choices={yesNo(t("table.signs.asWritten"), t("table.signs.turned"))}
        selected={mapping.flipSign ? "no" : "yes"}
        onSelect={(id) => onChange({ ...mapping, flipSign: id === "no" })}
      />
    </div>
  );
}

/** The strip above the table. */
export function TableSettings(props: Props) {
  const { preview, mapping, onChange } = props;
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const style = amountStyle(mapping);
  const named = mapping.kind === "ledger" && holds(mapping, "account");
  return (
    <>
      <div className="table-settings">
        <Picker
          showLabel
          label={t("table.kind")}
          choices={[
            { id: "bank", label: t("table.kind.bank") },
            { id: "ledger", label: t("table.kind.ledger") },
          ]}
          selected={mapping.kind}
          onSelect={(id) => onChange(withKind(mapping, id === "ledger" ? "ledger" : "bank"))}
          testId="table-kind"
        />
        {named ? null : <Account {...props} />}
        {holds(mapping, "currency") ? null : (
          <Picker
            showLabel
            label={t("table.currency")}
            choices={plain(
              currencies(
                preview.accounts.map((account) => account.currency),
                mapping.currency,
              ),
            )}
            selected={mapping.currency}
            placeholder={t("table.choose")}
            onSelect={(currency) => onChange({ ...mapping, currency })}
            testId="table-currency"
          />
        )}
        <Picker
          showLabel
          label={t("table.amounts")}
          choices={plain(
            including(
              AMOUNT_STYLES.map(({ id }) => id),
              style.id,
            ),
          )}
          selected={style.id}
          onSelect={(id) => {
            const chosen = AMOUNT_STYLES.find((one) => one.id === id) ?? style;
            onChange({ ...mapping, decimal: chosen.decimal, thousands: chosen.thousands });
          }}
          testId="table-amounts"
        />
        <Picker
          showLabel
          label={t("table.dates")}
          choices={plain(including(DATE_PATTERNS, mapping.dateFormat))}
          selected={mapping.dateFormat}
          onSelect={(dateFormat) => onChange({ ...mapping, dateFormat })}
          testId="table-dates"
        />
        <Button
          kind="quiet"
          aria-expanded={open}
          aria-controls="table-details"
          onPress={() => setOpen(!open)}
          testId="table-more"
        >
          {open ? t("table.less") : t("table.more")}
        </Button>
      </div>
      {open ? <Details {...props} /> : null}
    </>
  );
}
