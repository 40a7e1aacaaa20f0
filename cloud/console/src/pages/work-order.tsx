import { Anchor, Button, FileButton, Grid, Group, Image, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconCamera } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import {
  photoUrl,
  useAddPhoto,
  useAddWorkOrderNote,
  type WorkOrder,
  workOrderQueries,
} from '../api/work-orders.ts';
import { PriorityBadge } from '../components/badges.tsx';
import { DetailList } from '../components/detail-list.tsx';
import { useMay } from '../components/may.ts';
import { NoteForm } from '../components/note-form.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { RecordTimeline } from '../components/record-timeline.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { Visit, WorkOrderBadge } from '../components/work-order-table.tsx';
import { EditWorkOrderButton } from './work-order-edit.tsx';
import { WorkOrderSteps } from './work-order-steps.tsx';
import { WorkOrderTasks } from './work-order-tasks.tsx';

export function WorkOrderPage() {
  const { workOrderId } = useParams({ strict: false });
  const found = useQuery(workOrderQueries.one(workOrderId ?? ''));
  return <Loaded query={found}>{(item) => <WorkOrderView item={item} />}</Loaded>;
}

/** What is completed, posted or cancelled can only be read. */
const isOpen = (item: WorkOrder): boolean =>
  ['unscheduled', 'scheduled', 'in-progress'].includes(item.status);

function WorkOrderView({ item }: { item: WorkOrder }) {
  const { t } = useTranslation();
  const addNote = useAddWorkOrderNote(item.id);
  const writable = useMay('work-orders:write') && isOpen(item);
  return (
    <>
      <PageTitle
        title={item.title}
        sub={
          <Group gap="xs">
            <Text size="sm" fw={600} className="number" component="span">
              {item.number}
            </Text>
            <WorkOrderBadge status={item.status} />
            <PriorityBadge priority={item.priority} />
            <TimeAgo at={item.createdAt} />
          </Group>
        }
      >
        {writable && <EditWorkOrderButton item={item} />}
        <WorkOrderSteps item={item} />
      </PageTitle>
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack>
            <WorkOrderTasks item={item} writable={writable} />
            <Panel title={t('workOrders.timeline')}>
              {writable && <NoteForm add={addNote} />}
              <RecordTimeline entries={item.timeline} testId="work-order-timeline" />
            </Panel>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            <Details item={item} />
            <Photos item={item} writable={writable} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Details({ item }: { item: WorkOrder }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('workOrders.details')}>
      <DetailList
        entries={[
          [t('workOrders.customer'), item.accountName],
          [t('case.contact'), item.contactName],
          [t('case.asset'), item.assetName],
          [
            t('case.device'),
            item.deviceId && (
              <Link to="/devices/$deviceId" params={{ deviceId: item.deviceId }}>
                {item.deviceId}
              </Link>
            ),
          ],
          [
            t('workOrders.case'),
            item.caseId && (
              <Link to="/cases/$caseId" params={{ caseId: item.caseId }}>
                {item.caseNumber}
              </Link>
            ),
          ],
          [t('workOrders.incidentType'), item.incidentTypeName],
          [t('workOrders.technician'), item.technicianName],
          [t('workOrders.visit'), item.scheduledFrom && <Visit key="visit" item={item} />],
          [t('workOrders.what'), item.description],
          [t('workOrders.outcome'), item.outcome],
        ]}
      />
    </Panel>
  );
}

function Photos({ item, writable }: { item: WorkOrder; writable: boolean }) {
  const { t } = useTranslation();
  const add = useAddPhoto(item.id);
  return (
    <Panel
      title={t('workOrders.photos')}
      side={
        writable && (
          <FileButton
            accept="image/jpeg,image/png,image/webp"
            onChange={(file) => file && add.mutate(file)}
            inputProps={{ 'aria-label': t('workOrders.addPhoto') }}
          >
            {(button) => (
              <Button
                {...button}
                variant="default"
                size="xs"
                loading={add.isPending}
                leftSection={<IconCamera size={15} />}
              >
                {t('workOrders.addPhoto')}
              </Button>
            )}
          </FileButton>
        )
      }
    >
      {add.error && <Trouble error={add.error} />}
      {item.photos.length === 0 ? (
        <Empty title={t('workOrders.noPhotos')} />
      ) : (
        <SimpleGrid cols={{ base: 2, xs: 3 }} spacing="xs">
          {item.photos.map((photo) => (
            <Anchor
              key={photo.id}
              href={photoUrl(item.id, photo.id)}
              target="_blank"
              rel="noreferrer"
              data-testid="photo"
            >
              <Image
                src={photoUrl(item.id, photo.id)}
                alt={photo.caption ?? t('workOrders.photoOf', { number: item.number })}
                radius="sm"
                mah={140}
                loading="lazy"
              />
            </Anchor>
          ))}
        </SimpleGrid>
      )}
    </Panel>
  );
}
