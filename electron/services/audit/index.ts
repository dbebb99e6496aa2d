export { AuditService } from './audit-service.ts';
export { Reports } from './reports.ts';
