import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { AlertPage } from '../pages/alert.tsx';
import { AlertNoticesPage } from '../pages/alert-notices.tsx';
import { AlertSettingsPage } from '../pages/alert-settings.tsx';
import { AlertsPage } from '../pages/alerts.tsx';
import { ApiKeysPage } from '../pages/api-keys.tsx';
import { AuditPage } from '../pages/audit.tsx';
import { CasePage } from '../pages/case.tsx';
import { CasesPage } from '../pages/cases.tsx';
import { CategoriesPage } from '../pages/categories.tsx';
import { CategoryPage } from '../pages/category.tsx';
import { NewCategoryPage } from '../pages/category-new.tsx';
import { CommandsPage } from '../pages/commands.tsx';
import { ConnectPage } from '../pages/connect.tsx';
import { CustomerPage } from '../pages/customer.tsx';
import { CustomersPage } from '../pages/customers.tsx';
import { DevicePage } from '../pages/device.tsx';
import { DevicesPage } from '../pages/devices.tsx';
import { DevicesBulkPage } from '../pages/devices-bulk.tsx';
import { DevicesClaimPage } from '../pages/devices-claim.tsx';
import { GatewayPage } from '../pages/gateway.tsx';
import { GatewaysPage } from '../pages/gateways.tsx';
import { IncidentPage } from '../pages/incident.tsx';
import { IncidentTypesPage } from '../pages/incident-types.tsx';
import { IncidentsPage } from '../pages/incidents.tsx';
import { JobPage } from '../pages/job.tsx';
import { EditJobPage, NewJobPage } from '../pages/job-new.tsx';
import { JobsPage } from '../pages/jobs.tsx';
import { JourneysPage } from '../pages/journeys.tsx';
import { MaintenancePage } from '../pages/maintenance.tsx';
import { MapPage } from '../pages/map.tsx';
import { MessagesPage } from '../pages/messages.tsx';
import { NotFoundPage } from '../pages/not-found.tsx';
import { OverviewPage } from '../pages/overview.tsx';
import { OwnAccountPage } from '../pages/own-account.tsx';
import { RegistryImportPage } from '../pages/registry-import.tsx';
import { RemoteFixesPage } from '../pages/remote-fixes.tsx';
import { UsersPage } from '../pages/users.tsx';
import { WorkOrderPage } from '../pages/work-order.tsx';
import { WorkOrdersPage } from '../pages/work-orders.tsx';
import { Gate } from './gate.tsx';

const root = createRootRoute({ component: Gate, notFoundComponent: NotFoundPage });

const tree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: '/', component: OverviewPage }),
  createRoute({
    getParentRoute: () => root,
    path: '/devices',
    component: DevicesPage,
    validateSearch: ({ siteId }: Record<string, unknown>): { siteId?: string } =>
      typeof siteId === 'string' ? { siteId } : {},
  }),
  createRoute({ getParentRoute: () => root, path: '/devices/claim', component: DevicesClaimPage }),
  createRoute({ getParentRoute: () => root, path: '/devices/bulk', component: DevicesBulkPage }),
  createRoute({ getParentRoute: () => root, path: '/map', component: MapPage }),
  createRoute({ getParentRoute: () => root, path: '/devices/connect', component: ConnectPage }),
  createRoute({ getParentRoute: () => root, path: '/devices/$deviceId', component: DevicePage }),
  createRoute({ getParentRoute: () => root, path: '/alerts', component: AlertsPage }),
  createRoute({ getParentRoute: () => root, path: '/alerts/$alertId', component: AlertPage }),
  createRoute({ getParentRoute: () => root, path: '/incidents', component: IncidentsPage }),
  createRoute({ getParentRoute: () => root, path: '/incidents/$incidentId', component: IncidentPage }),
  createRoute({ getParentRoute: () => root, path: '/maintenance', component: MaintenancePage }),
  createRoute({ getParentRoute: () => root, path: '/alert-notices', component: AlertNoticesPage }),
  createRoute({ getParentRoute: () => root, path: '/alert-settings', component: AlertSettingsPage }),
  createRoute({ getParentRoute: () => root, path: '/commands', component: CommandsPage }),
  createRoute({ getParentRoute: () => root, path: '/jobs', component: JobsPage }),
  createRoute({ getParentRoute: () => root, path: '/jobs/new', component: NewJobPage }),
  createRoute({ getParentRoute: () => root, path: '/jobs/$jobId', component: JobPage }),
  createRoute({ getParentRoute: () => root, path: '/jobs/$jobId/edit', component: EditJobPage }),
  createRoute({ getParentRoute: () => root, path: '/audit', component: AuditPage }),
  createRoute({ getParentRoute: () => root, path: '/cases', component: CasesPage }),
  createRoute({ getParentRoute: () => root, path: '/cases/$caseId', component: CasePage }),
  createRoute({ getParentRoute: () => root, path: '/work-orders', component: WorkOrdersPage }),
  createRoute({ getParentRoute: () => root, path: '/incident-types', component: IncidentTypesPage }),
  createRoute({ getParentRoute: () => root, path: '/work-orders/$workOrderId', component: WorkOrderPage }),
  createRoute({ getParentRoute: () => root, path: '/reports', component: RemoteFixesPage }),
  createRoute({ getParentRoute: () => root, path: '/messages', component: MessagesPage }),
  createRoute({ getParentRoute: () => root, path: '/journeys', component: JourneysPage }),
  createRoute({ getParentRoute: () => root, path: '/categories', component: CategoriesPage }),
  createRoute({ getParentRoute: () => root, path: '/categories/new', component: NewCategoryPage }),
  createRoute({ getParentRoute: () => root, path: '/categories/$categoryId', component: CategoryPage }),
  createRoute({ getParentRoute: () => root, path: '/customers', component: CustomersPage }),
  createRoute({ getParentRoute: () => root, path: '/customers/import', component: RegistryImportPage }),
  createRoute({ getParentRoute: () => root, path: '/customers/$accountId', component: CustomerPage }),
  createRoute({ getParentRoute: () => root, path: '/users', component: UsersPage }),
  createRoute({ getParentRoute: () => root, path: '/api-keys', component: ApiKeysPage }),
  createRoute({ getParentRoute: () => root, path: '/account', component: OwnAccountPage }),
  // The gate shows it to whoever is not signed in, too.
  createRoute({ getParentRoute: () => root, path: '/welcome', component: () => null }),
  createRoute({ getParentRoute: () => root, path: '/gateways', component: GatewaysPage }),
  createRoute({ getParentRoute: () => root, path: '/gateways/$gatewayId', component: GatewayPage }),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: 'intent' });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
