export { appHandlers, dataDir, SettingsFile } from './settings.ts';
