/** Preferences of this machine; each is saved when it is chosen. */
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import {
  Group,
  Input,
  Label,
  NumberField,
  Button as Step,
  ToggleButton,
  ToggleButtonGroup,
} from "react-aria-components";
import { MINUS, useI18n } from "../../i18n";
import {
  type ErrorView,
  type Language,
  type SettingsView,
  type StatusView,
  type Theme,
  toErrorView,
  useBackend,
} from "../../ipc";

const LANGUAGES: Language[] = ["en", "sv"];
const THEMES: Theme[] = ["system", "light", "dark"];

interface SegmentsProps<T extends string> {
  label: string;
  choices: { id: T; label: string }[];
  selected: T;
  onSelect: (id: T) => void;
  testId: string;
}

function Segments<T extends string>({ label, choices, selected, onSelect, testId }: SegmentsProps<T>) {
  return (
    <div className="setting">
      <span className="setting-label">{label}</span>
      <ToggleButtonGroup
        className="segments"
        aria-label={label}
        data-testid={testId}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[selected]}
        onSelectionChange={(keys) => {
          const chosen = choices.find((choice) => keys.has(choice.id));
          if (chosen !== undefined) {
            onSelect(chosen.id);
          }
        }}
      >
        {choices.map((choice) => (
          <ToggleButton key={choice.id} id={choice.id} className="segment">
            {choice.label}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </div>
  );
}

interface Props {
  status: StatusView;
  /** Told after the shell has kept a change. */
  onSaved: (settings: SettingsView) => void;
  /** What can be done at the foot, such as locking. */
  children?: ReactNode;
}

/** Language, theme, auto-lock, and where things are. */
export function SettingsForm({ status, onSaved, children }: Props) {
  const { t, tError } = useI18n();
  const client = useQueryClient();
  const backend = useBackend();
  const [error, setError] = useState<ErrorView | null>(null);
  const { settings } = status;

  const save = async (change: Partial<SettingsView>) => {
    setError(null);
    try {
      const saved = await backend.saveSettings({ ...settings, ...change });
      client.setQueryData<StatusView>(["status"], (old) =>
        old === undefined ? old : { ...old, settings: saved },
      );
      onSaved(saved);
    } catch (reason) {
      setError(toErrorView(reason));
    }
  };

  return (
    <div className="settings">
      <section className="settings-group">
        <Segments
          label={t("settings.language")}
          choices={LANGUAGES.map((id) => ({ id, label: t(`language.${id}`) }))}
          selected={settings.language}
          onSelect={(language) => void save({ language })}
          testId="settings-language"
        />
        <Segments
          label={t("settings.theme")}
          choices={THEMES.map((id) => ({ id, label: t(`settings.theme.${id}`) }))}
          selected={settings.theme}
          onSelect={(theme) => void save({ theme })}
          testId="settings-theme"
        />
        <NumberField
          className="setting"
          value={settings.autoLockMinutes}
          minValue={1}
          maxValue={60}
          onChange={(minutes) => {
            if (Number.isInteger(minutes) && minutes !== settings.autoLockMinutes) {
              void save({ autoLockMinutes: minutes });
            }
          }}
        >
          <span>
            <Label className="setting-label">{t("settings.autoLock")}</Label>
            <span className="setting-hint">{t("settings.autoLockHint")}</span>
          </span>
          <Group className="stepper">
            <Step slot="decrement" className="stepper-button">
              {MINUS}
            </Step>
            <Input className="stepper-input" data-testid="settings-auto-lock" />
            <Step slot="increment" className="stepper-button">
              {"+"}
            </Step>
          </Group>
        </NumberField>
        {error === null ? null : (
          <p className="field-error" role="alert">
            {tError(error)}
          </p>
        )}
      </section>
      <section className="settings-group">
        <h2 className="settings-heading">{t("settings.data")}</h2>
        <p className="settings-text">{t("settings.dataText")}</p>
        <p className="settings-text">{t("settings.exportsText")}</p>
        <dl className="pairs">
          <dt>{t("settings.key")}</dt>
          <dd>{status.keyMode === null ? t("documents.none") : t(`settings.key.${status.keyMode}`)}</dd>
        </dl>
      </section>
      <section className="settings-group">
        <h2 className="settings-heading">{t("settings.about")}</h2>
        <p className="settings-text">{t("settings.version", { version: status.version })}</p>
      </section>
      {children}
    </div>
  );
}
