#include "prelude.h"

static int provider_of(struct dev *d, struct p2pdma_provider **out)
{
	struct p2pdma_provider *p = pcim_p2pdma_provider(to_pci_dev(d->device), 0);

	if (!p)
		return -ENODEV;
	*out = p;
	return 0;
}

int out_parameter(struct buf *b)
{
	return provider_of(b->dev, &b->provider);
}

struct found {
	struct p2pdma_provider *provider;
	bool any;
};

static void look(struct dev *d, struct found *f)
{
	f->provider = pcim_p2pdma_provider(to_pci_dev(d->device), 0);
	f->any = true;
}

void local_struct(struct buf *b)
{
	struct found f = {};

	look(b->dev, &f);
	if (f.any && f.provider)
		b->provider = f.provider;
}

static struct buf *buf_of(struct part *p)
{
	return container_of(p, struct buf, part);
}

void embedded(struct part *p)
{
	buf_of(p)->revoked = true;
	p->ready = false;
}

static void one(struct buf *b)
{
	b->nr = 1;
}

static void two(struct buf *b)
{
	b->nr = 2;
}

static void apply(struct buf *b, void (*fn)(struct buf *))
{
	fn(b);
}

void callbacks(struct buf *b)
{
	apply(b, one);
	apply(b, two);
}

void recursion(struct buf *b, int n)
{
	b->nr = 1;
	if (n)
		recursion(b, n);
}

static bool asleep(struct dev *d)
{
	return d->sub && d->sub->asleep;
}

int predicate(struct buf *b)
{
	if (asleep(b->dev))
		return -EIO;
	unknown_to_us(b->dev);
	return asleep(b->dev) ? -EIO : 0;
}

void stepped_over(struct buf *b)
{
	int nr = 1;

	elsewhere(&nr, b->provider);
	b->nr = nr;
}
