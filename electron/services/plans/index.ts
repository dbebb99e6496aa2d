export { PlanService } from './plan-service.ts';
