/** Preferences of this machine. */
export { SettingsForm } from "./SettingsForm";
