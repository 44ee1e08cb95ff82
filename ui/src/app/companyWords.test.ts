import { describe, expect, it } from "vitest";
import { translatorFor } from "../i18n";
import type { CompaniesView, ListedCompany } from "../ipc";
import { sampleSync as sync } from "../ipc/testSync";
import { companyWords } from "./companyWords";
import { companyName } from "./office";

const NOW = new Date(2026, 10, 20, 15, 0);
const en = translatorFor("en");
const sv = translatorFor("sv");

const company = (change: Partial<ListedCompany>): ListedCompany => ({
  id: 0,
  label: null,
  name: null,
  organisationNumber: null,
  workspace: "open",
  sync: null,
  frozen: false,
  importing: false,
  ...change,
});

const said = (change: Partial<ListedCompany>, i18n = en) => companyWords(company(change), i18n, NOW).text;

describe("the state of a company in the list", () => {
  it("says nothing but that it is locked while it is", () => {
    expect(said({ workspace: "locked" })).toBe("Locked");
    expect(said({ workspace: "locked" }, sv)).toBe("Låst");
  });
  it("keeps what was not sent in sight while another company is shown", () => {
    expect(said({ sync: sync({ waiting: 3 }) })).toBe("3 decisions not yet sent");
    expect(said({ sync: sync({ phase: "offline", waiting: 1 }) })).toBe(
      "Offline \u2013 1 decision not yet sent",
    );
  });
  it("wants a person for what was refused, and for a log that contradicts itself", () => {
    expect(said({ sync: sync({ refused: 2 }) })).toBe("Synced 14:02 \u00b7 2 not taken over");
    expect(companyWords(company({ sync: sync({ refused: 2 }) }), en, NOW).tone).toBe("decide");
    expect(companyWords(company({ frozen: true }), en, NOW).tone).toBe("contradicts");
  });
  it("tells of an import that goes on", () => {
    expect(said({ importing: true })).toBe("On this computer \u00b7 importing");
  });
});

describe("the name of a company", () => {
  const list = (...companies: ListedCompany[]): CompaniesView => ({
    shown: 0,
    companies,
    several: true,
    removed: [],
  });
  it("is its own, else what a person called it, else its place", () => {
    const first = company({ name: "Norrsken Handel AB", label: "North" });
    const second = company({ label: "South", workspace: "locked" });
    const third = company({ workspace: "locked" });
    const all = list(first, second, third);
    expect(all.companies.map((one) => companyName(all, one, en.t))).toEqual([
      "Norrsken Handel AB",
      "South",
      "Company 3",
    ]);
  });
  it("is the program's while there is only one without a name", () => {
    const only = company({});
    expect(companyName(list(only), only, en.t)).toBe("Attest");
  });
});
