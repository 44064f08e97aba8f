#include "prelude.h"

static void last(struct kref *refs)
{
	struct buf *b = container_of(refs, struct buf, refs);

	complete(&b->done);
	kfree(b);
}

void put(struct buf *b)
{
	kref_put(&b->refs, last);
}

static void last_part(struct kref *refs)
{
	struct part *p = container_of(refs, struct part, refs);
	struct buf *b = container_of(p, struct buf, part);

	p->ready = false;
	b->revoked = true;
}

void put_part(struct buf *b)
{
	kref_put(&b->part.refs, last_part);
}

static void last_locked(struct kref *refs)
{
	struct buf *b = container_of(refs, struct buf, refs);

	b->revoked = true;
	mutex_unlock(&b->dev->lock);
}

void put_locked(struct buf *b)
{
	kref_put_mutex(&b->refs, last_locked, &b->dev->lock);
}

bool get(struct buf *b)
{
	return refcount_inc_not_zero(&b->users);
}

void plain_number(struct buf *b)
{
	atomic_set(&b->maps, 0);
	atomic_inc(&b->maps);
	if (atomic_dec_and_test(&b->maps))
		complete_all(&b->done);
	if (atomic_dec_return(&b->maps) == 0)
		b->revoked = true;
	if (atomic_read(&b->maps))
		b->revoked = false;
}

void set_up(struct buf *b)
{
	kref_init(&b->refs);
	refcount_set(&b->users, 2);
	init_completion(&b->done);
}

int file_of_buffer(struct buf *b)
{
	if (!get_file_active(&b->dmabuf->file))
		return 0;
	b->revoked = true;
	fput(b->dmabuf->file);
	return 1;
}

void own_number(struct buf *b)
{
	b->nr++;
	b->nr += 1;
	if (--b->nr == 0)
		b->revoked = true;
}
