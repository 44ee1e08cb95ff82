/** The companies of the window: the list as Rust tells it, what they are called, and their clients. */
import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState } from "react";
import type { Notices } from "../commands";
import type { Key, Translator } from "../i18n";
import {
  backendFor,
  type CompaniesView,
  type ErrorView,
  type ListedCompany,
  makeClient,
  office,
  toErrorView,
} from "../ipc";

/** What every part of the window may know of all companies. */
export interface OfficeState {
  view: CompaniesView;
  notices: Notices;
}

/** Provided by `App`. */
export const OfficeContext = createContext<OfficeState | null>(null);

/** The companies of the window. */
export function useOffice(): OfficeState {
  const state = useContext(OfficeContext);
  if (state === null) {
    throw new Error("App is missing");
  }
  return state;
}

/** Follows the list. What changes comes by the event alone, so that nothing older is ever shown after it. */
export function useCompanies(): { view: CompaniesView | null; error: ErrorView | null; ask: () => void } {
  const [view, setView] = useState<CompaniesView | null>(null);
  const [error, setError] = useState<ErrorView | null>(null);
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asking again begins anew
  useEffect(() => {
    let heard = false;
    const take = (next: CompaniesView) => {
      heard = true;
      setView(next);
    };
    return office.onChanged(take, () => {
      office.list().then(
        (first) => {
          if (!heard) {
            take(first);
          }
        },
        (reason: unknown) => setError(toErrorView(reason)),
      );
    });
  }, [asked]);
  return { view, error, ask: () => setAsked((times) => times + 1) };
}

const clients = new Map<number, QueryClient>();

/** The client of a company, the same for as long as the page lives. */
export function clientFor(company: number): QueryClient {
  const client = clients.get(company) ?? makeClient(backendFor(company));
  clients.set(company, client);
  return client;
}

/** What a company is called: by its own name once that is known, else as a person called it, else by its place. */
export function companyName(
  { companies }: CompaniesView,
  company: ListedCompany,
  t: Translator["t"],
): string {
  const place: Key = company.workspace === "absent" ? "companies.new" : "companies.nth";
  const alone = companies.length === 1;
  const own = company.name ?? company.label;
  return own ?? (alone ? t("app.name") : t(place, { number: companies.indexOf(company) + 1 }));
}

/** The company that is shown. */
export function shownCompany({ companies, shown }: CompaniesView): ListedCompany | undefined {
  return companies.find((company) => company.id === shown);
}
