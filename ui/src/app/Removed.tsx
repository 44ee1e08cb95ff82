/** Companies that were taken off the list: where their data lie, and the way back. */
import { Button } from "../design";
import { useI18n } from "../i18n";
import { office } from "../ipc";
import { useOffice } from "./office";

/** Stands on the screen on which a company is added. */
export function Removed() {
  const { t } = useI18n();
  const { view } = useOffice();
  if (view.removed.length === 0) {
    return null;
  }
  return (
    <section className="removed" data-testid="removed">
      <h2 className="removed-heading">{t("companies.removed")}</h2>
      <ul className="removed-list">
        {view.removed.map(({ folder, label, path }) => (
          <li key={folder} className="removed-line">
            <span className="company-lines">
              <span>{label ?? t("companies.unnamed")}</span>
              <span className="removed-path" title={path}>
                {path}
              </span>
            </span>
            <Button onPress={() => void office.putBack(folder).catch(() => undefined)} testId="put-back">
              {t("companies.putBack")}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
