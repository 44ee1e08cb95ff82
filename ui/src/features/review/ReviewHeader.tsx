/** Which account and month is looked at, the search, and the export. */
import { type KeyboardEvent, memo, type Ref, useImperativeHandle, useRef } from "react";
import { Button, type Choice, KeyCap, Picker } from "../../design";
import { useI18n } from "../../i18n";
import type { AccountView } from "../../ipc";

/** What the view can ask of the header. */
export interface ReviewHeaderHandle {
  focusSearch: () => void;
}

interface PickersProps {
  accounts: AccountView[];
  account: AccountView;
  month: string | null;
  onAccount: (id: number) => void;
  onMonth: (month: string | null) => void;
  onLedgerAccount: (number: string) => void;
}

interface Props extends PickersProps {
  search: string;
  exportKey: string;
  exporting: boolean;
  ref: Ref<ReviewHeaderHandle>;
  onSearch: (search: string) => void;
  /** The user is done with the search field and wants the list. */
  onLeaveSearch: () => void;
  onExport: () => void;
}

/** A picker has no `null`; this stands for all months. */
const ALL = "all";

/** Ledger accounts of an account as choices. */
export function ledgerChoices(account: AccountView): Choice[] {
  return account.ledgerAccounts.map((ledger) => ({
    id: ledger.number,
    label: ledger.number,
    detail: ledger.name,
  }));
}

/** What is looked at. Apart from the search, because lists of choices are slow to make and a key must not wait. */
const Pickers = memo(function Pickers(props: PickersProps) {
  const { accounts, account, month, onAccount, onMonth, onLedgerAccount } = props;
  const { t, month: monthText } = useI18n();
  const accountChoices = accounts.map((one) => ({
    id: String(one.id),
    label: one.name,
    detail: [
      one.number,
      one.currency,
      ...(one.open > 0 ? [t("progress.open", { count: one.open })] : []),
    ].join(" \u00b7 "),
  }));
  const months = [
    ...account.months.map((one) => ({ id: one, label: monthText(one) })),
    { id: ALL, label: t("reconcile.allMonths") },
  ];
  return (
    <>
      <div className="head-title">
        <Picker
          look="title"
          label={t("reconcile.account")}
          choices={accountChoices}
          selected={String(account.id)}
          onSelect={(id) => onAccount(Number(id))}
          testId="account-picker"
        />
        <div className="head-sub head-parts">
          <span className="head-number">{account.number}</span>
          <span>{account.currency}</span>
          {account.ledgerAccount === null ? null : (
            <Picker
              look="inline"
              label={t("reconcile.ledgerAccount")}
              choices={ledgerChoices(account).map((choice) => ({
                ...choice,
                label: t("reconcile.ledger", { account: choice.label }),
              }))}
              selected={account.ledgerAccount}
              onSelect={onLedgerAccount}
              testId="ledger-picker"
            />
          )}
        </div>
      </div>
      <Picker
        label={t("reconcile.month")}
        choices={months}
        selected={month ?? ALL}
        onSelect={(id) => onMonth(id === ALL ? null : id)}
        testId="month-picker"
      />
    </>
  );
});

/** The head of the reconciliation. */
export const ReviewHeader = memo(function ReviewHeader(props: Props) {
  const { search, exportKey, exporting, onSearch, onLeaveSearch, onExport, ref, ...pickers } = props;
  const { t } = useI18n();
  const field = useRef<HTMLInputElement>(null);
  useImperativeHandle(ref, () => ({
    focusSearch: () => {
      field.current?.focus();
      field.current?.select();
    },
  }));

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      onSearch("");
      onLeaveSearch();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      onLeaveSearch();
    }
  };

  return (
    <header className="head">
      <Pickers {...pickers} />
      <span className="head-space" />
      <label className="search">
        <input
          ref={field}
          className="search-input"
          data-testid="search"
          type="text"
          value={search}
          placeholder={t("reconcile.search")}
          aria-label={t("reconcile.searchLabel")}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onSearch(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <KeyCap>{search === "" ? "/" : t("key.escape")}</KeyCap>
      </label>
      <Button keyCap={exportKey} onPress={onExport} isDisabled={exporting} testId="export">
        {t("reconcile.export")}
      </Button>
    </header>
  );
});
