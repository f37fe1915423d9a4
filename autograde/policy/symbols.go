package policy

import (
	"go/types"
	"slices"
	"strings"

	"courselab/autograde/check"
)

// symbols checks every use of a name, also in a program that does not compile.
func (c *checker) symbols(info *types.Info) {
	for id, object := range info.Uses {
		if name := symbolOf(object); name != "" && c.forbidden(name) {
			c.problem(check.Forbidden, id.Pos(), "%s of package %s is not allowed in this lab: it would be the answer instead of a step towards it",
				object.Name(), object.Pkg().Name())
		}
	}
	for selector, selection := range info.Selections {
		if name := symbolOf(selection.Obj()); name != "" && c.forbidden(name) {
			c.problem(check.Forbidden, selector.Sel.Pos(), "%s of package %s is not allowed in this lab: it would be the answer instead of a step towards it",
				selection.Obj().Name(), selection.Obj().Pkg().Name())
		}
		if name := c.behind(selection.Obj()); name != "" {
			c.problem(check.Forbidden, selector.Sel.Pos(), "%s could be %s, which is not allowed in this lab: an interface does not change that", selection.Obj().Name(), name)
		}
	}
}

// behind names a forbidden method that a call of an interface's method can reach, "" if there is none: what the interface
// holds is known only when the program runs, so whatever it could hold counts. The interface may be embedded in a struct, or be the
// constraint of a type parameter, and its other methods prove nothing: a type that embeds the one with the forbidden method may have them.
func (c *checker) behind(object types.Object) string {
	called, ok := object.(*types.Func)
	if !ok || called.Signature().Recv() == nil || !types.IsInterface(called.Signature().Recv().Type()) {
		return ""
	}
	for _, pattern := range c.rules.Forbid {
		slash := strings.LastIndexByte(pattern, '/') + 1
		parts := strings.Split(pattern[slash:], ".")
		if len(parts) != 3 {
			continue
		}
		pkg, err := c.imports.Import(pattern[:slash] + parts[0])
		if err != nil {
			continue // nothing of it is linked
		}
		for _, name := range pkg.Scope().Names() {
			full := pkg.Path() + "." + name + "." + called.Name()
			object, ok := pkg.Scope().Lookup(name).(*types.TypeName)
			if ok && c.forbidden(full) && fits(object.Type(), called) {
				return name + "." + called.Name() + " of package " + pkg.Name()
			}
		}
	}
	return ""
}

// fits reports whether the type has the method that is called. Where type parameters are involved the name alone counts, since
// nobody has said yet what they are.
func fits(t types.Type, called *types.Func) bool {
	object, _, _ := types.LookupFieldOrMethod(t, true, called.Pkg(), called.Name())
	method, ok := object.(*types.Func)
	if !ok {
		return false
	}
	named, ok := t.(*types.Named)
	return ok && named.TypeParams().Len() > 0 || open(called.Signature()) || types.Identical(method.Signature(), called.Signature())
}

// open reports whether a type is made of type parameters.
func open(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case interface{ Elem() types.Type }: // pointers, slices, arrays, channels; maps, whose keys come below
		if m, ok := t.(*types.Map); ok && open(m.Key()) {
			return true
		}
		return open(t.Elem())
	case *types.Signature:
		return open(t.Params()) || open(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			if open(v.Type()) {
				return true
			}
		}
	case *types.Named:
		for argument := range t.TypeArgs().Types() {
			if open(argument) {
				return true
			}
		}
	}
	return false
}

// symbolOf names an object as lab.yaml does: "path.Name" or "path.Type.Method"; "" for local ones.
func symbolOf(object types.Object) string {
	if object == nil || object.Pkg() == nil {
		return ""
	}
	path := object.Pkg().Path()
	if f, ok := object.(*types.Func); ok {
		if receiver := f.Signature().Recv(); receiver != nil {
			t := receiver.Type()
			if p, ok := types.Unalias(t).(*types.Pointer); ok {
				t = p.Elem()
			}
			if named, ok := types.Unalias(t).(*types.Named); ok {
				return path + "." + named.Obj().Name() + "." + f.Name()
			}
			return ""
		}
	}
	if object.Parent() != object.Pkg().Scope() {
		return ""
	}
	return path + "." + object.Name()
}

func (c *checker) forbidden(name string) bool {
	return slices.ContainsFunc(c.rules.Forbid, func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(name, prefix)
		}
		return name == pattern
	})
}
