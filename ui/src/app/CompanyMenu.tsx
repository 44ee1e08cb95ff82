/** Which company is shown, always in words; behind it all of them with where they stand. */
import { useEffect } from "react";
import {
  Button as AriaButton,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Separator,
} from "react-aria-components";
import { type CommandId, commandsFor, describeCommand, IS_MAC } from "../commands";
import { ChevronsIcon, KeyCap } from "../design";
import { useI18n } from "../i18n";
import { type ListedCompany, office } from "../ipc";
import { companyWords } from "./companyWords";
import { companyName, useOffice } from "./office";

/** Companies that a digit chooses. */
const DIGITS = 9;

interface Props {
  name: string;
  /** The line below the name. */
  detail: string;
  open: boolean;
  onOpen: (open: boolean) => void;
}

/** Digits choose while the list is open, before the list takes them for letters of a name. */
function useDigits(active: boolean, companies: ListedCompany[], choose: (company: number) => void): void {
  useEffect(() => {
    if (!active) {
      return undefined;
    }
    const onKeyDown = (event: KeyboardEvent) => {
      const company = /^[1-9]$/.test(event.key) ? companies[Number(event.key) - 1] : undefined;
      if (company !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        event.stopPropagation();
        choose(company.id);
      }
    };
    window.addEventListener("keydown", onKeyDown, { capture: true });
    return () => window.removeEventListener("keydown", onKeyDown, { capture: true });
  }, [active, companies, choose]);
}

function Line({ company, at }: { company: ListedCompany; at: number }) {
  const i18n = useI18n();
  const { view } = useOffice();
  const words = companyWords(company, i18n);
  const name = companyName(view, company, i18n.t);
  return (
    <MenuItem
      id={`show-${company.id}`}
      textValue={name}
      className={`company-item ${company.id === view.shown ? "company-shown" : ""}`}
      data-testid="company-item"
      data-company={company.id}
      data-state={company.workspace}
    >
      <span className="company-lines">
        <span className="company-name">{name}</span>
        <span className={`company-state company-${words.tone}`}>
          <span className="company-dot" aria-hidden="true" />
          {words.text}
        </span>
      </span>
      {at < DIGITS ? <KeyCap>{String(at + 1)}</KeyCap> : null}
    </MenuItem>
  );
}

function Names({ name, detail }: { name: string; detail: string }) {
  const { t } = useI18n();
  return (
    <>
      <span className="rail-mark" aria-hidden="true">
        {t("app.name").charAt(0)}
      </span>
      <span className="rail-names">
        <span className="rail-name" title={name} data-testid="company-name">
          {name}
        </span>
        <span className="rail-number">{detail}</span>
      </span>
    </>
  );
}

/** The company and, where there can be several, the switcher. */
export function CompanyMenu({ name, detail, open, onOpen }: Props) {
  const { t } = useI18n();
  const { view } = useOffice();
  const show = (company: number) => {
    onOpen(false);
    // A company that is gone is not in the list any more by the time anybody could say so.
    office.show(company).catch(() => undefined);
  };
  useDigits(open, view.companies, show);
  if (!view.several) {
    return (
      <div className="rail-company">
        <Names name={name} detail={detail} />
      </div>
    );
  }
  const run = (id: string) => {
    const act = { "lock-all": office.lockAll, add: office.add }[id];
    if (act === undefined) {
      show(Number(id.replace("show-", "")));
    } else {
      act().catch(() => undefined);
    }
  };
  const action = (id: string, label: string, command: CommandId) => (
    <MenuItem id={id} textValue={label} className="company-item company-action" data-testid={`company-${id}`}>
      <span className="company-lines">{label}</span>
      <KeyCaps command={command} />
    </MenuItem>
  );
  const isOpen = view.companies.some((company) => company.workspace === "open");
  return (
    <MenuTrigger isOpen={open} onOpenChange={onOpen}>
      <AriaButton
        className="rail-company rail-switch"
        aria-label={t("companies.open", { name })}
        data-testid="company-menu"
      >
        <Names name={name} detail={detail} />
        <ChevronsIcon />
      </AriaButton>
      <Popover className="popover company-popover" placement="bottom start" offset={6}>
        <Menu
          autoFocus="first"
          className="company-list"
          aria-label={t("companies.title")}
          onAction={(id) => run(String(id))}
        >
          <MenuSection>
            <Header className="company-heading">{t("companies.title")}</Header>
            {view.companies.map((company, at) => (
              <Line key={company.id} company={company} at={at} />
            ))}
          </MenuSection>
          <Separator className="company-line" />
          {isOpen ? action("lock-all", t("companies.lockAll"), "lockAll") : null}
          {action("add", t("companies.add"), "addCompany")}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function KeyCaps({ command }: { command: CommandId }) {
  const { t } = useI18n();
  const keys = describeCommand(command, IS_MAC, t);
  return keys === "" ? null : <KeyCap>{keys}</KeyCap>;
}

/** Opens the switcher by its key where no view listens for keys: on the lock screen and at the first start. */
export function useSwitchKey(onOpen: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!event.defaultPrevented && commandsFor(event, "text", IS_MAC).includes("switchCompany")) {
        event.preventDefault();
        onOpen();
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [onOpen]);
}
