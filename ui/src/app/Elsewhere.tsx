/** Tells how an import ended in a company that is not shown. */
import { useEffect, useRef } from "react";
import { useI18n } from "../i18n";
import { office } from "../ipc";
import { companyName, useOffice } from "./office";

/** Listens for as long as the window stands; shows nothing itself. */
export function Elsewhere() {
  const { t } = useI18n();
  const { view, notices } = useOffice();
  const now = useRef({ view, t });
  now.current = { view, t };
  useEffect(
    () =>
      office.onImportProgress((id, progress) => {
        const { view: known, t: say } = now.current;
        const company = known.companies.find((one) => one.id === id);
        if (!progress.finished || company === undefined || id === known.shown) {
          return;
        }
        const refused = progress.results.filter((one) => one.status === "refused").length;
        const params = { name: companyName(known, company, say), count: progress.filesDone, refused };
        notices.post({
          tone: refused > 0 ? "wrong" : "plain",
          text: say(refused > 0 ? "companies.importedBut" : "companies.imported", params),
          testId: "import-elsewhere",
          action: {
            label: say("companies.show"),
            run: () => void office.show(id).catch(() => undefined),
          },
        });
      }),
    [notices],
  );
  return null;
}
