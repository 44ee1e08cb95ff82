/**
 * First start, the other way: a workspace that replicates a company's log. A person signs in in the browser; a key is
 * handed over and forgotten.
 */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import {
  Input,
  Label,
  Radio,
  RadioGroup,
  TextField,
  ToggleButton,
  ToggleButtonGroup,
} from "react-aria-components";
import { BrowserWait, Button } from "../../design";
import { useI18n } from "../../i18n";
import {
  type CertificateView,
  type ErrorView,
  type MembershipView,
  type StatusView,
  toErrorView,
  useBackend,
  useBrowserSignIn,
} from "../../ipc";
import { address } from "./address";
import { KeyChoice, useKeyChoice } from "./KeyChoice";
import { PassphraseField } from "./PassphraseField";
import { takeStatus } from "./status";

interface CertificateProps {
  chosen: CertificateView | null;
  onChosen: (chosen: CertificateView | null) => void;
  onError: (error: ErrorView) => void;
}

function Certificate({ chosen, onChosen, onError }: CertificateProps) {
  const { t } = useI18n();
  const backend = useBackend();
  const choose = () => {
    backend.chooseCertificate().then(
      (next) => {
        if (next !== null) {
          onChosen(next);
        }
      },
      (reason: unknown) => onError(toErrorView(reason)),
    );
  };
  return (
    <div className="certificate">
      <span className="field-label">{t("connect.certificate")}</span>
      <span className="certificate-line">
        <span className="certificate-name" title={chosen?.sha256}>
          {chosen?.file ?? t("connect.certificateNone")}
        </span>
        {chosen === null ? null : (
          <Button kind="quiet" onPress={() => onChosen(null)}>
            {t("connect.dropCertificate")}
          </Button>
        )}
        <Button onPress={choose} testId="choose-certificate">
          {t("connect.chooseCertificate")}
        </Button>
      </span>
      <span className="gate-hint">{t("connect.certificateHint")}</span>
    </div>
  );
}

/** How somebody signs in. */
type Way = "person" | "key";

interface CompanyChoiceProps {
  companies: MembershipView[];
  busy: boolean;
  onChosen: (id: string) => void;
  onCancel: () => void;
}

function CompanyChoice({ companies, busy, onChosen, onCancel }: CompanyChoiceProps) {
  const { t, tMaybe } = useI18n();
  const [chosen, setChosen] = useState(companies[0]?.id ?? "");
  const choose = (event: FormEvent) => {
    event.preventDefault();
    onChosen(chosen);
  };
  return (
    <form className="gate-form" onSubmit={choose} data-testid="choose-company">
      <p className="gate-text">{t("connect.chooseLead")}</p>
      <RadioGroup className="choices" aria-label={t("connect.choose")} value={chosen} onChange={setChosen}>
        {companies.map((company, at) => (
          <Radio
            autoFocus={at === 0}
            key={company.id}
            className="choice"
            value={company.id}
            data-testid="choice-company"
          >
            <span className="choice-dot" />
            <span>
              <span className="choice-title">{company.name}</span>
              <span className="choice-hint">{tMaybe(`role.${company.role}`) ?? company.role}</span>
            </span>
          </Radio>
        ))}
      </RadioGroup>
      <span className="gate-actions">
        <Button kind="primary" type="submit" testId="connect-company" isDisabled={busy}>
          {busy ? t("connect.working") : t("connect.submit")}
        </Button>
        <Button onPress={onCancel}>{t("signIn.cancel")}</Button>
      </span>
    </form>
  );
}

function WayChoice({ way, onWay }: { way: Way; onWay: (way: Way) => void }) {
  const { t } = useI18n();
  return (
    <ToggleButtonGroup
      className="segments gate-ways"
      aria-label={t("connect.how")}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[way]}
      onSelectionChange={(keys) => onWay(keys.has("key") ? "key" : "person")}
    >
      <ToggleButton id="person" className="segment" data-testid="connect-by-person">
        {t("connect.person")}
      </ToggleButton>
      <ToggleButton id="key" className="segment" data-testid="connect-by-key">
        {t("connect.withKey")}
      </ToggleButton>
    </ToggleButtonGroup>
  );
}

/** What is being connected, and how far it is. */
function useConnecting(passphrase: string | null) {
  const client = useQueryClient();
  const backend = useBackend();
  const browser = useBrowserSignIn();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorView | null>(null);
  /** The companies to choose from, and what is done with the one chosen. */
  const [choice, setChoice] = useState<{
    companies: MembershipView[];
    connect: (id: string) => Promise<StatusView>;
  } | null>(null);

  const run = async (work: () => Promise<StatusView | null>) => {
    setBusy(true);
    setError(null);
    try {
      const status = await work();
      if (status !== null) {
        browser.settled();
        takeStatus(client, status);
        return;
      }
    } catch (reason) {
      setError(toErrorView(reason));
    }
    setBusy(false);
  };
  const offer = (companies: MembershipView[], connect: (id: string) => Promise<StatusView>) => {
    setChoice({ companies, connect });
    return null;
  };
  const asPerson = (server: string, certificate: boolean) =>
    run(async () => {
      const companies = await browser.signIn(server, certificate);
      if (companies === null) {
        return null;
      }
      return companies.length > 1
        ? offer(companies, (id) => backend.connectSignedIn(id, passphrase))
        : await backend.connectSignedIn(null, passphrase);
    });
  const withKey = (server: string, key: string, certificate: boolean) =>
    run(async () => {
      const request = { server, key, certificate, passphrase };
      const connect = (membership: string | null) => backend.connectWorkspace({ ...request, membership });
      const companies = await backend.listMemberships(request);
      return companies.length > 1 ? offer(companies, connect) : await connect(null);
    });
  const cancel = () => {
    browser.cancel();
    setChoice(null);
    setBusy(false);
  };
  return { busy, error, setError, choice, run, asPerson, withKey, cancel, waiting: browser.waiting };
}

/** The form. */
export function ConnectForm({ status }: { status: StatusView }) {
  const { t, tError } = useI18n();
  const choice = useKeyChoice(status.keychainAvailable);
  const connecting = useConnecting(choice.passphrase);
  const [way, setWay] = useState<Way>("person");
  const [server, setServer] = useState("");
  const [key, setKey] = useState("");
  const [certificate, setCertificate] = useState<CertificateView | null>(null);
  const [tried, setTried] = useState(false);
  const noServer = server.trim() === "";
  const noKey = way === "key" && key.trim() === "";
  const { busy, error } = connecting;

  const connect = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    connecting.setError(null);
    if (noServer || noKey || !choice.good) {
      return;
    }
    const trusted = certificate !== null;
    void (way === "person"
      ? connecting.asPerson(address(server), trusted)
      : connecting.withKey(address(server), key.trim(), trusted));
  };

  if (connecting.waiting !== null) {
    const { opened, address: page } = connecting.waiting;
    return <BrowserWait address={opened ? null : page} onCancel={connecting.cancel} />;
  }
  if (connecting.choice !== null) {
    const { companies, connect: connectTo } = connecting.choice;
    return (
      <>
        <CompanyChoice
          companies={companies}
          busy={busy}
          onChosen={(id) => void connecting.run(() => connectTo(id))}
          onCancel={connecting.cancel}
        />
        {error === null ? null : (
          <p className="field-error" role="alert">
            {tError(error)}
          </p>
        )}
      </>
    );
  }
  const unknownKey = way === "key" && error?.code === "remote.signed_out";
  return (
    <form className="gate-form" onSubmit={connect}>
      <p className="gate-text">{t("connect.lead")}</p>
      <TextField
        className="field"
        value={server}
        onChange={setServer}
        isInvalid={tried && noServer}
        autoFocus
      >
        <Label className="field-label">{t("connect.server")}</Label>
        <Input className="input" data-testid="connect-server" autoComplete="off" spellCheck={false} />
        <span className="gate-hint">{t("connect.serverHint")}</span>
      </TextField>
      <div className="field">
        <span className="field-label">{t("connect.how")}</span>
        <WayChoice way={way} onWay={setWay} />
        {way === "person" ? (
          <span className="gate-hint">{t("connect.personHint")}</span>
        ) : (
          <>
            <PassphraseField
              label={t("connect.key")}
              value={key}
              onChange={setKey}
              testId="connect-key"
              invalid={tried && noKey}
            />
            <span className="gate-hint">{t("connect.keyHint")}</span>
          </>
        )}
      </div>
      <Certificate chosen={certificate} onChosen={setCertificate} onError={connecting.setError} />
      <KeyChoice choice={choice} tried={tried} />
      {tried && noServer ? (
        <p className="field-error" role="alert">
          {t("connect.needServer")}
        </p>
      ) : tried && noKey ? (
        <p className="field-error" role="alert">
          {t("connect.needKey")}
        </p>
      ) : error === null ? null : (
        <p className="field-error" role="alert" data-testid="connect-error">
          {unknownKey ? t("connect.unknownKey") : tError(error)}
        </p>
      )}
      <Button kind="primary" type="submit" testId="connect" isDisabled={busy}>
        {busy ? t("connect.working") : t(way === "person" ? "connect.submitPerson" : "connect.submit")}
      </Button>
    </form>
  );
}
