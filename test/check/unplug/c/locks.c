#include "prelude.h"

int trylock(struct buf *b)
{
	if (!mutex_trylock(&b->dev->lock))
		return -EAGAIN;
	b->revoked = true;
	mutex_unlock(&b->dev->lock);
	return 0;
}

int fallible(struct buf *b)
{
	int ret;

	ret = dma_resv_lock_interruptible(b->dmabuf->resv, NULL);
	if (ret)
		return ret;
	b->revoked = true;
	dma_resv_unlock(b->dmabuf->resv);
	return 0;
}

int ww(struct buf *b, struct ww_acquire_ctx *ctx)
{
	int ret = dma_resv_lock(b->dmabuf->resv, ctx);

	if (ret == -EDEADLK)
		return ret;
	dma_resv_unlock(b->dmabuf->resv);
	return 0;
}

void guarded(struct buf *b)
{
	guard(mutex)(&b->dev->lock);
	if (b->revoked)
		return;
	b->revoked = true;
}

void scoped_section(struct buf *b)
{
	scoped_guard(rwsem_read, &b->dev->gate) {
		if (b->revoked)
			break;
		b->nr = 1;
	}
	b->nr = 2;
}

void asserted(struct buf *b)
{
	lockdep_assert_held_write(&b->dev->gate);
	dma_resv_assert_held(b->dmabuf->resv);
	b->revoked = true;
}

void spun(struct buf *b)
{
	unsigned long flags;

	spin_lock_irqsave(&b->dev->slow, flags);
	b->revoked = true;
	spin_unlock_irqrestore(&b->dev->slow, flags);
}

void sleepable_rcu(struct buf *b)
{
	int idx = srcu_read_lock(&b->dev->srcu);

	if (!b->revoked)
		b->nr = 1;
	srcu_read_unlock(&b->dev->srcu, idx);
	b->revoked = true;
	synchronize_srcu(&b->dev->srcu);
}
