#include "prelude.h"

struct buf *made(struct dev *d)
{
	struct buf *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return ERR_PTR(-ENOMEM);
	b->dev = d;
	return b;
}

struct buf *made_by_macro(struct dev *d)
{
	struct buf *b = kzalloc_obj(*b);

	if (!b)
		return NULL;
	b->dev = d;
	return b;
}

int given_up(struct buf *b)
{
	int ret = pcim_p2pdma_init(to_pci_dev(b->dev->device));

	if (ret)
		goto err;
	b->nr = 1;
	return 0;
err:
	kfree(b);
	return ret;
}

int cleaned_up(struct dev *d, struct buf **out)
{
	struct buf *b __free(kfree) = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	if (d->gone)
		return -ENODEV;
	*out = no_free_ptr(b);
	return 0;
}

void later(struct buf *b)
{
	kfree_rcu(b, rcu);
}

int exported(struct buf *b, unsigned int flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);

	exp_info.priv = b;
	b->dmabuf = dma_buf_export(&exp_info);
	if (IS_ERR(b->dmabuf))
		return PTR_ERR(b->dmabuf);
	return dma_buf_fd(b->dmabuf, flags);
}
