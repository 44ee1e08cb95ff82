/** While a person signs in in the browser: what to do there, and the way back. */
import { useI18n } from "../i18n";
import { Button } from "./components";

interface Props {
  /** The page's address, where no browser opened by itself. */
  address: string | null;
  onCancel: () => void;
}

/** Stands where the form was. */
export function BrowserWait({ address, onCancel }: Props) {
  const { t } = useI18n();
  return (
    <div className="browser-wait" data-testid="sign-in-waiting">
      <p className="browser-wait-title" role="status">
        {t("signIn.waiting")}
      </p>
      <p className="gate-hint">{t(address === null ? "signIn.waitingHint" : "signIn.notOpened")}</p>
      {address === null ? null : (
        <textarea
          className="input browser-address"
          aria-label={t("signIn.address")}
          readOnly
          rows={5}
          value={address}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
      <Button onPress={onCancel} autoFocus testId="sign-in-cancel">
        {t("signIn.cancel")}
      </Button>
    </div>
  );
}
