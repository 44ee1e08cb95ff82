/** English: several companies in one window. */

export const companiesEn = {
  "command.switchCompany": "switch company",
  "command.addCompany": "add company",
  "command.lockAll": "lock all",
  "palette.companies": "Companies",
  "palette.switchTo": "Switch to {name}",

  "companies.title": "Companies",
  "companies.open": "{name}, switch company",
  "companies.nth": "Company {number}",
  "companies.new": "New company",
  "companies.absent": "Not set up yet",
  "companies.locked": "Locked",
  "companies.local": "On this computer",
  "companies.refused": "{count} not taken over",
  "companies.importing": "importing",
  "companies.add": "Add company",
  "companies.lockAll": "Lock all",
  "companies.show": "Show",
  "companies.imported": {
    one: "{name}: {count} file imported",
    other: "{name}: {count} files imported",
  },
  "companies.importedBut": {
    one: "{name}: {count} file imported, {refused} refused",
    other: "{name}: {count} files imported, {refused} refused",
  },
  "companies.settings": "This company in the list",
  "companies.label": "What to call it while it is locked",
  "companies.labelHint":
    "Its own name is encrypted with the rest. This word can be read by whoever has the disk; leave it empty and the list says only which in the order it is.",
  "companies.keep": "Keep",
  "companies.remove": "Take off the list",
  "companies.removeText":
    "{name} is locked and taken off the list. Nothing is deleted: its data stay encrypted where they are, and “Add company” shows where, and puts it back.",
  "companies.removeYes": "Take off the list",
  "companies.removed": "Taken off the list",
  "companies.unnamed": "Company without a word",
  "companies.putBack": "Put back",
  "error.company.unknown": "That company is not in this window any more.",
  "error.company.one_only": "This window was opened on one workspace folder and shows no other.",
  "error.company.last": "This is the only company of the list.",
} as const;
