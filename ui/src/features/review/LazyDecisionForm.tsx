/** The forms of decisions, fetched apart: with their date fields they are heavy, and no first picture needs them. */
import { useEffect } from "react";
import { Later, part } from "../../design";
import type { DecisionFormProps } from "./DecisionForm";

const form = part(async () => (await import("./DecisionForm")).DecisionForm);

/** By then the list stands and nobody waits. */
const LOAD_AFTER_MS = 600;

/** Fetches the forms before the first is asked for. */
export function usePreloadedForms(): void {
  useEffect(() => {
    const timer = setTimeout(form.fetch, LOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
}

/** The form of a decision. */
export function DecisionForm(props: DecisionFormProps) {
  return <Later of={form} props={props} />;
}
