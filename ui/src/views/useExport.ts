/** Exports the reconciliation and tells where the file is, in the status bar. */
import { useCallback, useState } from "react";
import { useSay } from "../commands";
import { useI18n } from "../i18n";
import { toErrorView, useBackend } from "../ipc";

/** Last part of a path of either kind of system. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** The export of an account and month. */
export function useExport(account: number, month: string | null) {
  const { t, tError } = useI18n();
  const say = useSay();
  const backend = useBackend();
  const [exporting, setExporting] = useState(false);
  const runExport = useCallback(() => {
    const fail = (reason: unknown) => say(tError(toErrorView(reason)), { tone: "wrong" });
    setExporting(true);
    backend
      .exportReconciliation(account, month)
      .then((done) =>
        say(t("message.exported", { count: done.rows, file: fileName(done.path) }), {
          testId: "export-done",
          action: {
            label: t("message.showExport"),
            run: () => void backend.showExport(done.path).catch(fail),
          },
        }),
      )
      .catch(fail)
      .finally(() => setExporting(false));
  }, [backend, account, month, say, t, tError]);
  return { exporting, runExport };
}
