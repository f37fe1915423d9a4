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
		if wanted, ok := selection.Recv().Underlying().(*types.Interface); ok { // of a type parameter: its constraint
			if name := c.behind(wanted, selection.Obj().Name()); name != "" {
				c.problem(check.Forbidden, selector.Sel.Pos(), "%s could be %s, which is not allowed in this lab: an interface does not change that", selection.Obj().Name(), name)
			}
		}
	}
}

// behind names a forbidden method that a call through the interface can reach, "" if there is none: what the interface
// holds is known only when the program runs, so whatever it could hold counts.
func (c *checker) behind(wanted *types.Interface, method string) string {
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
			full := pkg.Path() + "." + name + "." + method
			object, ok := pkg.Scope().Lookup(name).(*types.TypeName)
			if ok && c.forbidden(full) && fits(object.Type(), wanted, method) {
				return name + "." + method + " of package " + pkg.Name()
			}
		}
	}
	return ""
}

// fits reports whether a value of the type, or a pointer to one, can be in the interface; a generic type is taken by the
// name of its method alone, since nobody has said yet of what it is.
func fits(t types.Type, wanted *types.Interface, method string) bool {
	if named, ok := t.(*types.Named); ok && named.TypeParams().Len() > 0 {
		object, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, named.Obj().Pkg(), method)
		return object != nil
	}
	return types.Implements(t, wanted) || types.Implements(types.NewPointer(t), wanted)
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
