#include "prelude.h"

enum mode { OFF, SLOW, FAST };

static void move(struct buf *b, bool away)
{
	if (away)
		b->revoked = true;
	else
		b->revoked = false;
}

void clones(struct buf *b)
{
	move(b, true);
	move(b, false);
}

static int by_mode(struct buf *b, enum mode mode)
{
	switch (mode) {
	case OFF:
		b->nr = 1;
		return 0;
	case SLOW:
	case FAST:
		b->nr = 2;
		fallthrough;
	default:
		b->revoked = true;
		return -EINVAL;
	}
}

int folded(struct buf *b)
{
	return by_mode(b, SLOW);
}

int open_switch(struct buf *b, int mode)
{
	return by_mode(b, mode);
}

void short_circuit(struct buf *b)
{
	if (b->revoked || (b->dev->gone && !b->nr))
		b->nr = 3;
}

void compared(struct buf *b)
{
	if (b->nr > 1 && b->dev->state != OFF)
		b->revoked = true;
	b->revoked = b->nr == 2;
}

int errors(struct buf *b)
{
	void *p = ERR_PTR(-ENOMEM);

	if (b->nr < 0)
		return b->nr;
	if (IS_ERR_OR_NULL(b->provider))
		return b->provider ? PTR_ERR(b->provider) : -ENODEV;
	if (IS_ERR(p))
		return PTR_ERR(p);
	b->revoked = true;
	return 0;
}

int unknown_things(struct buf *b, unsigned long where)
{
	u32 reg = readl((void *)where);

	if (reg & 4)
		b->revoked = true;
	if (reg & 4)
		b->nr = 1;
	return reg ? 0 : -EIO;
}

void assigned(struct buf *b, bool yes)
{
	b->revoked = yes ? b->dev->gone : !b->part.ready;
}
