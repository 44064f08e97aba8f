#include "prelude.h"

#define DEV_GONE 0
#define DEV_ASLEEP 9
#define MARK_OLD 4

void marked(struct buf *b)
{
	if (test_bit(DEV_GONE, &b->dev->flags))
		return;
	set_bit(DEV_ASLEEP, &b->dev->flags);
	clear_bit(DEV_GONE, &b->dev->flags);
}

int once(struct dev *d)
{
	if (test_and_set_bit(DEV_GONE, &d->flags))
		return -EALREADY;
	return 0;
}

void masked(struct buf *b)
{
	b->marks |= MARK_OLD;
	b->marks &= ~MARK_OLD;
	if (b->marks & MARK_OLD)
		b->revoked = true;
}

bool taken(struct buf *b)
{
	return xchg(&b->revoked, true);
}

void provider_taken(struct buf *b)
{
	if (!xchg(&b->provider, NULL))
		b->nr = 1;
}
