#include "prelude.h"

void all(struct dev *d)
{
	struct buf *b;

	list_for_each_entry(b, &d->bufs, node)
		b->revoked = true;
}

void all_and_away(struct dev *d)
{
	struct buf *b, *tmp;

	list_for_each_entry_safe(b, tmp, &d->bufs, node) {
		if (!get_file_active(&b->dmabuf->file))
			continue;
		list_del_init(&b->node);
		b->revoked = true;
		fput(b->dmabuf->file);
	}
}

void one_by_one(struct dev *d)
{
	struct buf *b;

	while ((b = list_first_entry_or_null(&d->bufs, struct buf, node))) {
		list_del(&b->node);
		b->revoked = true;
	}
}

void while_any(struct dev *d)
{
	while (!list_empty(&d->bufs)) {
		struct buf *b = list_first_entry(&d->bufs, struct buf, node);

		list_del_init(&b->node);
	}
}

void add(struct dev *d, struct buf *b)
{
	INIT_LIST_HEAD(&b->node);
	list_add_tail(&b->node, &d->bufs);
}

void leave(struct buf *b)
{
	if (!list_empty(&b->node))
		list_del_init(&b->node);
}

struct buf *found(struct dev *d, int nr)
{
	struct buf *b;

	list_for_each_entry(b, &d->bufs, node)
		if (b->nr == nr)
			return b;
	return NULL;
}
