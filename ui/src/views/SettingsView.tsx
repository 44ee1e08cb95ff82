/** Settings of this machine. */
import type { ReactNode } from "react";
import { describeCommand, IS_MAC, useSay } from "../commands";
import { Button } from "../design";
import { SettingsForm } from "../features/settings";
import { translatorFor, useI18n } from "../i18n";
import type { StatusView } from "../ipc";

interface Props {
  status: StatusView;
  onLock: () => void;
  /** What there is to set of the company itself. */
  company: ReactNode;
}

/** The settings view. */
export function SettingsView({ status, onLock, company }: Props) {
  const { t } = useI18n();
  const say = useSay();
  return (
    <main className="work work-wide" data-testid="view-settings" aria-label={t("settings.title")}>
      <header className="head">
        <div className="head-title">
          <h1 className="head-name">{t("settings.title")}</h1>
          <p className="head-sub">{t("settings.lead")}</p>
        </div>
      </header>
      {/* Said in the language just chosen, not in the one it was chosen from. */}
      <SettingsForm
        status={status}
        onSaved={(saved) => say(translatorFor(saved.language).t("settings.saved"))}
      >
        {company}
        <Button keyCap={describeCommand("lock", IS_MAC, t)} onPress={onLock}>
          {t("settings.lockNow")}
        </Button>
      </SettingsForm>
    </main>
  );
}
