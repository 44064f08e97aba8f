// What becomes flow, and what is looked through.
static int tests(struct foo *foo, int n)
{
	if (!foo || (n > 1 && !foo->live))
		return -EINVAL;
	if (unlikely(!foo->a) && likely(n))
		return 1;
	if (WARN_ON(!foo->b))
		return 2;
	WARN_ON_ONCE(busy(foo));
	if (WARN(foo->c, "%s\n", name_of(foo)))
		return 3;
	if (dev_WARN_ONCE(foo->dev, n < 0, "negative\n"))
		return 4;
	if (!(foo->flags & BIT(3)))
		return 5;
	if (IS_ERR(foo->p) || IS_ERR_VALUE(foo->q))
		return PTR_ERR(foo->p);
	BUG_ON(foo->d);
	if (n == 9)
		BUG();
	if (n == 10)
		panic("no %s", name_of(foo));
	if (true)
		n = 1;
	if (0)
		dead_never(foo);
	return 0;
}

static void loads(struct foo *foo, struct bar *new)
{
	struct bar *bar = READ_ONCE(foo->bar);
	struct bar *old = rcu_dereference_protected(foo->rbar, dead_check(&foo->lock));

	WRITE_ONCE(foo->n, bar->n);
	rcu_assign_pointer(foo->rbar, new);
	RCU_INIT_POINTER(foo->sbar, NULL);
	smp_store_release(&foo->ready, true);
	if (smp_load_acquire(&foo->ready))
		old = rcu_replace_pointer(foo->rbar, bar, true);
	old = xchg(&foo->rbar, NULL);
	swap(foo->rbar, foo->sbar);
	dma_unmap_addr_set(bar, addr, foo->dma);
	use(dma_unmap_addr(bar, addr), container_of(new, struct baz, bar), offsetof(struct baz, bar));
	call_it = symbol_get(other_function);
}

static int configured(struct foo *foo)
{
	if (IS_ENABLED(CONFIG_ON) && foo->a)
		return 1;
	if (IS_ENABLED(CONFIG_OFF))
		return dead_off(foo);
	if (IS_REACHABLE(CONFIG_UNKNOWN))
		return 3;
#ifdef CONFIG_ON
	with(foo);
#else
	dead_else(foo);
#endif
#ifndef CONFIG_OFF
	off(foo);
#endif
#if defined(CONFIG_DEFAULT) && !defined(CONFIG_OFF)
	both(foo);
#elif defined(FOO)
	dead_elif(foo);
#endif
	return 0;
}
