export { appHandlers, SettingsFile } from './settings.ts';
