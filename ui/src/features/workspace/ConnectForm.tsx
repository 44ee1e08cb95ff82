/** First start, the other way: a workspace that replicates a company's log. The key is handed over and forgotten. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { Button } from "../../design";
import { useI18n } from "../../i18n";
import { type CertificateView, type ErrorView, type StatusView, toErrorView, useBackend } from "../../ipc";
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

/** The form. */
export function ConnectForm({ status }: { status: StatusView }) {
  const { t, tError } = useI18n();
  const client = useQueryClient();
  const backend = useBackend();
  const choice = useKeyChoice(status.keychainAvailable);
  const [server, setServer] = useState("");
  const [key, setKey] = useState("");
  const [certificate, setCertificate] = useState<CertificateView | null>(null);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorView | null>(null);
  const noServer = server.trim() === "";
  const noKey = key.trim() === "";

  const connect = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    setError(null);
    if (noServer || noKey || !choice.good) {
      return;
    }
    setBusy(true);
    try {
      const request = {
        server: address(server),
        key: key.trim(),
        certificate: certificate !== null,
        passphrase: choice.passphrase,
      };
      takeStatus(client, await backend.connectWorkspace(request));
    } catch (reason) {
      setError(toErrorView(reason));
      setBusy(false);
    }
  };

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
        <PassphraseField
          label={t("connect.key")}
          value={key}
          onChange={setKey}
          testId="connect-key"
          invalid={tried && noKey}
        />
        <span className="gate-hint">{t("connect.keyHint")}</span>
      </div>
      <Certificate chosen={certificate} onChosen={setCertificate} onError={setError} />
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
          {tError(error)}
        </p>
      )}
      <Button kind="primary" type="submit" testId="connect" isDisabled={busy}>
        {busy ? t("connect.working") : t("connect.submit")}
      </Button>
    </form>
  );
}
