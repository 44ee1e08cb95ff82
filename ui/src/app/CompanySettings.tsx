/** What this computer's list says of a company, and taking it off. */
import { type FormEvent, useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { useSay } from "../commands";
import { Button } from "../design";
import { useI18n } from "../i18n";
import { office, toErrorView } from "../ipc";
import { companyName, shownCompany, useOffice } from "./office";

/** The section of the settings; nothing in a window that shows one folder only. */
export function CompanySettings() {
  const { t, tError } = useI18n();
  const say = useSay();
  const { view } = useOffice();
  const company = shownCompany(view);
  const [label, setLabel] = useState(company?.label ?? "");
  const [asking, setAsking] = useState(false);
  if (company === undefined || !view.several) {
    return null;
  }
  const fail = (reason: unknown) => say(tError(toErrorView(reason)), { tone: "wrong" });
  const keep = (event: FormEvent) => {
    event.preventDefault();
    office.label(company.id, label).then(() => say(t("settings.saved")), fail);
  };
  const name = companyName(view, company, t);
  return (
    <section className="settings-group">
      <h2 className="settings-heading">{t("companies.settings")}</h2>
      <form className="company-label" onSubmit={keep}>
        <TextField className="field" value={label} onChange={setLabel} maxLength={60}>
          <Label className="field-label">{t("companies.label")}</Label>
          <Input className="input" data-testid="company-label" autoComplete="off" spellCheck={false} />
          <span className="gate-hint">{t("companies.labelHint")}</span>
        </TextField>
        <Button type="submit" isDisabled={label.trim() === (company.label ?? "")} testId="company-label-keep">
          {t("companies.keep")}
        </Button>
      </form>
      {view.companies.length === 1 ? null : asking ? (
        <div className="company-remove">
          <p className="settings-text">{t("companies.removeText", { name })}</p>
          <span className="sync-actions">
            <Button
              kind="primary"
              onPress={() => office.remove(company.id).catch(fail)}
              testId="company-remove-confirm"
            >
              {t("companies.removeYes")}
            </Button>
            <Button onPress={() => setAsking(false)}>{t("freeze.cancel")}</Button>
          </span>
        </div>
      ) : (
        <Button onPress={() => setAsking(true)} testId="company-remove">
          {t("companies.remove")}
        </Button>
      )}
    </section>
  );
}
