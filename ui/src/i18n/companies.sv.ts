/** Swedish: several companies in one window. */

import type { companiesEn } from "./companies.en";
import type { Message } from "./translate";

export const companiesSv: Record<keyof typeof companiesEn, Message> = {
  "command.switchCompany": "byt företag",
  "command.addCompany": "lägg till företag",
  "command.lockAll": "lås alla",
  "palette.companies": "Företag",
  "palette.switchTo": "Byt till {name}",

  "companies.title": "Företag",
  "companies.open": "{name}, byt företag",
  "companies.nth": "Företag {number}",
  "companies.new": "Nytt företag",
  "companies.absent": "Inte upplagt än",
  "companies.locked": "Låst",
  "companies.local": "På den här datorn",
  "companies.refused": "{count} inte övertagna",
  "companies.importing": "importerar",
  "companies.add": "Lägg till företag",
  "companies.lockAll": "Lås alla",
  "companies.show": "Visa",
  "companies.imported": {
    one: "{name}: {count} fil importerad",
    other: "{name}: {count} filer importerade",
  },
  "companies.importedBut": {
    one: "{name}: {count} fil importerad, {refused} avvisade",
    other: "{name}: {count} filer importerade, {refused} avvisade",
  },
  "companies.settings": "Företaget i listan",
  "companies.label": "Vad det ska kallas medan det är låst",
  "companies.labelHint":
    "Företagets eget namn är krypterat med resten. Det här ordet kan läsas av den som har disken; lämna det tomt så säger listan bara vilket i ordningen det är.",
  "companies.keep": "Spara",
  "companies.remove": "Ta bort från listan",
  "companies.removeText":
    "{name} låses och tas bort från listan. Ingenting raderas: uppgifterna ligger kvar krypterade där de är, och ”Lägg till företag” visar var och kan ta tillbaka det.",
  "companies.removeYes": "Ta bort från listan",
  "companies.removed": "Borttagna från listan",
  "companies.unnamed": "Företag utan eget ord",
  "companies.putBack": "Ta tillbaka",
  "error.company.unknown": "Det företaget finns inte i fönstret längre.",
  "error.company.one_only": "Fönstret öppnades på en enda mapp och visar inget annat företag.",
  "error.company.last": "Det är det enda företaget i listan.",
};
