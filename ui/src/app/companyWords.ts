/** Says in a few words where a company stands, for the list of all of them. Pure. */
import { type SyncTone, syncWords } from "../features/sync";
import type { Translator } from "../i18n";
import type { ListedCompany } from "../ipc";

/** The state of a company in words. */
export function companyWords(
  company: ListedCompany,
  i18n: Translator,
  now = new Date(),
): { text: string; tone: SyncTone } {
  const { t } = i18n;
  if (company.workspace !== "open") {
    return { text: t(`companies.${company.workspace}`), tone: "quiet" };
  }
  if (company.frozen) {
    return { text: t("sync.frozen"), tone: "contradicts" };
  }
  const synced = company.sync === null ? null : syncWords(company.sync, i18n, now);
  const refused = company.sync?.refused ?? 0;
  const parts = [
    synced?.text ?? t("companies.local"),
    ...(refused > 0 ? [t("companies.refused", { count: refused })] : []),
    ...(company.importing ? [t("companies.importing")] : []),
  ];
  const tone = synced?.tone ?? "settled";
  return { text: parts.join(" \u00b7 "), tone: refused > 0 && tone !== "contradicts" ? "decide" : tone };
}
