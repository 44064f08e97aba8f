#include "prelude.h"

void drained(struct buf *b)
{
	wait_event(b->wq, atomic_read(&b->maps) == 0);
	b->revoked = true;
}

int interruptibly(struct buf *b)
{
	int ret = wait_event_interruptible(b->wq, !b->nr || b->dev->gone);

	if (ret)
		return ret;
	b->revoked = true;
	return 0;
}

bool in_time(struct buf *b)
{
	if (!wait_event_timeout(b->wq, b->revoked && !atomic_read(&b->maps), HZ))
		return false;
	b->nr = 1;
	return true;
}

static bool is_idle(struct buf *b)
{
	if (b->revoked)
		return true;
	return atomic_read(&b->maps) == 0;
}

void by_function(struct buf *b)
{
	wait_event(b->wq, is_idle(b));
	b->nr = 1;
}

void completion(struct buf *b)
{
	wait_for_completion(&b->done);
	reinit_completion(&b->done);
}

int completion_in_time(struct buf *b)
{
	long left = wait_for_completion_interruptible_timeout(&b->done, HZ);

	if (left < 0)
		return left;
	if (left == 0)
		b->revoked = true;
	return 0;
}

void fences(struct buf *b)
{
	dma_resv_wait_timeout(b->dmabuf->resv, DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT);
	dma_resv_wait_timeout(b->dmabuf->resv, DMA_RESV_USAGE_READ, true, HZ);
}
