export { AuditService } from './audit-service.ts';
export { namedBy, Reports } from './reports.ts';
